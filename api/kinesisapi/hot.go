// Package kinesisapi holds what the AWS SDK's types do not say about the
// Kinesis Data Streams API: the operations' constraints and errors, and the
// forms in which the hot operations' records travel without being unpacked
// into the SDK's shapes.
package kinesisapi

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// PutBatch is a PutRecords call, or a PutRecord call with one record. A codec
// fills it from a request body, the service carries it out and writes each
// record's outcome into it. Its byte slices are views of the request's
// buffers and are not kept by the service.
type PutBatch struct {
	StreamName string // empty when not given
	StreamARN  string // empty when not given
	DryRun     bool
	// Single says that this is a PutRecord call. Its one record then has no
	// number in messages, and when it is refused that is the call's error.
	Single bool
	// SequenceNumberForOrdering is PutRecord's; empty when not given.
	SequenceNumberForOrdering string
	Records                   []PutRecord
	// Failed counts the records with an ErrorCode.
	Failed int
	// Encrypted says that the stream is encrypted.
	Encrypted bool
}

// PutRecord is one record of a PutBatch.
type PutRecord struct {
	Data         []byte
	PartitionKey []byte
	// ExplicitHashKey is the decimal text as given; nil when not given.
	ExplicitHashKey []byte

	// Shard and SequenceNumber are set for a record that was stored,
	// ErrorCode and ErrorMessage for one that was not.
	Shard          stream.ShardID
	SequenceNumber stream.SequenceNumber
	ErrorCode      string
	ErrorMessage   string
}

// Page is the outcome of a GetRecords call, or an event of a SubscribeToShard
// call: records in the form in which they are stored.
type Page struct {
	Records []PageRecord
	// NextShardIterator is empty at the end of a closed shard, and only there
	// ChildShards is not.
	NextShardIterator string
	// ContinuationSequenceNumber takes the place of NextShardIterator in an
	// event: the zero value at the end of a closed shard.
	ContinuationSequenceNumber stream.SequenceNumber

	ChildShards        []types.ChildShard
	MillisBehindLatest int64
}

// PageRecord is one record of a Page. Its byte slices are views of memory that
// nobody changes.
type PageRecord struct {
	Data           []byte
	PartitionKey   []byte
	SequenceNumber stream.SequenceNumber
	ArrivalMillis  int64 // Unix milliseconds
	Encrypted      bool
}
