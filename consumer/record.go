package consumer

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/lease"
)

// Record is a user record: what a producer put, taken out of an aggregated
// record where it was in one.
type Record struct {
	// Data and PartitionKey are the producer's. ExplicitHashKey is known of
	// aggregated records only, and "" when there was none.
	Data            []byte
	PartitionKey    string
	ExplicitHashKey string
	// SequenceNumber is that of the Kinesis record, SubSequenceNumber the index
	// of the user record in it; 0 unless Aggregated.
	SequenceNumber    string
	SubSequenceNumber int64
	Aggregated        bool
	// Arrived is when the Kinesis record was stored, to the millisecond.
	Arrived time.Time
	// Encryption is how the Kinesis record was stored.
	Encryption types.EncryptionType
}

// position returns the checkpoint that says r was processed.
func (r *Record) position() lease.Checkpoint {
	return lease.Checkpoint{Sequence: r.SequenceNumber, SubSequence: r.SubSequenceNumber}
}

// Batch is what one call of ProcessRecords is about: user records of one shard,
// in order, that follow the last batch without a gap. The processor may keep
// the records and their data.
type Batch struct {
	Records []Record
	// BehindLatest is how far the end of the batch is behind the tip of the
	// shard, 0 at the tip.
	BehindLatest time.Duration
	// AtShardEnd says that no batch will follow.
	AtShardEnd bool
	// Shard is what the records are from.
	Shard ShardInfo
	// Checkpointer records how far the shard has been processed. It can be kept
	// and used after the call, by any goroutine.
	Checkpointer *Checkpointer
}

// ShardInfo names a shard and where its processing begins.
type ShardInfo struct {
	// Stream is the stream's name, StreamID its identifier in multi-stream
	// mode, else the zero value.
	Stream   string
	StreamID StreamID
	ShardID  string
	// Checkpoint is the last checkpoint, or the sentinel that says where to
	// begin: what is delivered first comes after it.
	Checkpoint lease.Checkpoint
	// Pending is a checkpoint that an earlier processor prepared and did not
	// make, zero if there is none, and PendingState the note it left with it.
	Pending      lease.Checkpoint
	PendingState []byte
}
