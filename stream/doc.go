// Package stream holds the nouns of Amazon Kinesis as pure values: hash keys
// and their ranges, shard ids, sequence numbers and records. It knows no
// network, no storage and no AWS SDK.
package stream
