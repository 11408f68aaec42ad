package lease

import (
	"slices"

	"github.com/leat-io/leat/stream"
)

// Lease is the right to process one shard, and how far that has come: one row
// of an application's lease table (spec clients §3.1).
//
// A Lease is a value that its holder owns; a Store returns copies and keeps
// none. What only an observer knows, such as when it last saw the counter
// move, is not part of it: see [Ages].
type Lease struct {
	// Key names the lease: the shard id, or in multi-stream mode the stream
	// identifier, a colon and the shard id.
	Key string
	// Stream is the serialised stream identifier, account:name:epoch, and
	// Shard the bare shard id. Both are empty in single-stream mode.
	Stream, Shard string

	// Owner is the worker that has the lease, "" when nobody has it. While the
	// lease is being handed over it is the next owner.
	Owner string
	// CheckpointOwner is set only while the lease is being handed over: the
	// worker that still renews, processes and checkpoints.
	CheckpointOwner string
	// Counter is the version of the row and the owner's heartbeat. Every write
	// of an owner adds exactly one.
	Counter int64
	// OwnerSwitches counts how often the lease went from one owner to another
	// since the last checkpoint.
	OwnerSwitches int64

	Checkpoint Checkpoint
	// Pending is the checkpoint that was prepared and not yet made, zero when
	// there is none; PendingState is the application's note that goes with it.
	Pending      Checkpoint
	PendingState []byte

	// Parents are the shard ids that must be processed to their end before
	// this one: none, one after a split, two after a merge. They are bare in
	// multi-stream mode too.
	Parents []string
	// Children are the shard ids that follow this one, known from its end on.
	Children []string
	// HashRange is what the shard owns of the hash key space, when
	// HasHashRange is set; rows of old workers lack it.
	HasHashRange bool
	HashRange    stream.HashKeyRange

	// Throughput is the owner's running average in KB/s, when HasThroughput is
	// set; it is written with renewals.
	HasThroughput bool
	Throughput    float64
}

// KeyOf returns the key of the lease of a shard. The stream identifier is ""
// in single-stream mode.
func KeyOf(streamID, shardID string) string {
	if streamID == "" {
		return shardID
	}
	return streamID + ":" + shardID
}

// New returns the unowned lease of a shard with the given checkpoint. The
// stream identifier is "" in single-stream mode.
func New(streamID, shardID string, at Checkpoint) Lease {
	l := Lease{Key: KeyOf(streamID, shardID), Checkpoint: at}
	if streamID != "" {
		l.Stream, l.Shard = streamID, shardID
	}
	return l
}

// ShardID returns the bare shard id, in either mode.
func (l Lease) ShardID() string {
	if l.Shard != "" {
		return l.Shard
	}
	return l.Key
}

// Ended reports whether the shard has been processed to its end.
func (l Lease) Ended() bool { return l.Checkpoint.IsEnd() }

// InHandoff reports whether the lease is being handed over.
func (l Lease) InHandoff() bool { return l.CheckpointOwner != "" }

// Holder returns the worker that processes the shard now: the checkpoint owner
// while the lease is being handed over, else the owner.
func (l Lease) Holder() string {
	if l.InHandoff() {
		return l.CheckpointOwner
	}
	return l.Owner
}

// Checkpointed returns l as it is to be written when the shard has been
// processed up to at: no checkpoint is pending, no switch is counted.
func (l Lease) Checkpointed(at Checkpoint) Lease {
	l.Checkpoint = at
	l.Pending, l.PendingState = Checkpoint{}, nil
	l.OwnerSwitches = 0
	return l
}

// Prepared returns l as it is to be written when a checkpoint at the given
// place is prepared, with the application's note.
func (l Lease) Prepared(at Checkpoint, state []byte) Lease {
	l.Pending, l.PendingState = at, slices.Clone(state)
	return l
}

// Clone returns a copy that shares no memory with l.
func (l Lease) Clone() Lease {
	l.PendingState = slices.Clone(l.PendingState)
	l.Parents = slices.Clone(l.Parents)
	l.Children = slices.Clone(l.Children)
	return l
}
