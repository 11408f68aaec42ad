// Package aggregation packs many user records into one Kinesis record and
// takes them out again, in the format of the Kinesis Producer Library, which
// the Kinesis Client Library, Firehose and others understand. The service
// itself does not know it: to Kinesis an aggregate is data like any other.
//
// An aggregate is (spec clients §1.1):
//
//	offset   length
//	     0        4   F3 89 9A C2
//	     4        n   the protocol buffer AggregatedRecord
//	 4 + n       16   MD5 of those n bytes
//
// and the protocol buffer, in the second version of the language:
//
//	message AggregatedRecord {
//	  repeated string partition_key_table     = 1;
//	  repeated string explicit_hash_key_table = 2;
//	  repeated Record records                 = 3;
//	}
//	message Record {
//	  required uint64 partition_key_index     = 1;
//	  optional uint64 explicit_hash_key_index = 2;
//	  required bytes  data                    = 3;
//	  repeated Tag    tags                    = 4;
//	}
//	message Tag {
//	  required string key   = 1;
//	  optional string value = 2;
//	}
//
// Nobody writes tags, and nobody shows them.
package aggregation

// magic begins every aggregate.
const magic = "\xf3\x89\x9a\xc2"

// digestSize is the length of the MD5 that ends every aggregate.
const digestSize = 16

// The fields of the three messages, as the tags that begin them: the number,
// and the type in the lower three bits.
const (
	tagPartitionKeyTable    = 1<<3 | typeBytes
	tagExplicitHashKeyTable = 2<<3 | typeBytes
	tagRecords              = 3<<3 | typeBytes

	tagPartitionKeyIndex    = 1<<3 | typeVarint
	tagExplicitHashKeyIndex = 2<<3 | typeVarint
	tagData                 = 3<<3 | typeBytes
	tagTags                 = 4<<3 | typeBytes

	tagKey = 1<<3 | typeBytes
)
