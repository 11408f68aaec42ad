package consumer

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/lease"
)

// InitialPosition says where to begin with a stream that has no leases yet.
// Make one with FromTrimHorizon, FromLatest or FromTimestamp.
type InitialPosition struct {
	sentinel lease.Checkpoint
	at       time.Time
}

// FromTrimHorizon begins with the oldest records that are kept.
func FromTrimHorizon() InitialPosition { return InitialPosition{sentinel: lease.TrimHorizon} }

// FromLatest begins with what is put from now on: when a worker begins with the
// shard. As with the KCL, a shard that goes to another worker before its first
// checkpoint is begun with anew, and what was put in between is passed over.
func FromLatest() InitialPosition { return InitialPosition{sentinel: lease.Latest} }

// FromTimestamp begins with what arrived at t or later. All workers of an
// application should be given the same time: the lease table does not keep it.
func FromTimestamp(t time.Time) InitialPosition {
	return InitialPosition{sentinel: lease.AtTimestamp, at: t}
}

// filter returns what selects the shards that are begun with: together they
// cover all hash keys (spec clients §3.9).
func (p InitialPosition) filter() *types.ShardFilter {
	switch p.sentinel {
	case lease.Latest:
		return &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}
	case lease.AtTimestamp:
		return &types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: &p.at}
	}
	return &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}
}

// cursor is where in a shard to go on.
type cursor struct {
	kind     types.ShardIteratorType
	sequence *string
	time     *time.Time
}

// cursorAt returns where to go on after a checkpoint. For a sequence number it
// is that record again, since the checkpoint may be in the middle of it; what
// was processed is left out later (spec clients §3.10).
func cursorAt(c lease.Checkpoint, initial InitialPosition) cursor {
	switch {
	case c.IsSequence():
		return cursor{kind: types.ShardIteratorTypeAtSequenceNumber, sequence: &c.Sequence}
	case c == lease.Latest:
		return cursor{kind: types.ShardIteratorTypeLatest}
	case c == lease.AtTimestamp && !initial.at.IsZero():
		return cursor{kind: types.ShardIteratorTypeAtTimestamp, time: &initial.at}
	}
	return cursor{kind: types.ShardIteratorTypeTrimHorizon}
}

// cursorAfter returns the place after a record.
func cursorAfter(sequence *string) cursor {
	return cursor{kind: types.ShardIteratorTypeAfterSequenceNumber, sequence: sequence}
}

// since returns c such that it means later what it meant at now.
func (c cursor) since(now time.Time) cursor {
	if c.kind == types.ShardIteratorTypeLatest {
		return cursor{kind: types.ShardIteratorTypeAtTimestamp, time: &now}
	}
	return c
}
