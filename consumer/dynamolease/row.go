package dynamolease

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

// The attributes of a lease (spec clients §3.1).
const (
	attrOwner           = "leaseOwner"
	attrCounter         = "leaseCounter"
	attrSwitches        = "ownerSwitchesSinceCheckpoint"
	attrCheckpoint      = "checkpoint"
	attrSubSequence     = "checkpointSubSequenceNumber"
	attrPending         = "pendingCheckpoint"
	attrPendingSub      = "pendingCheckpointSubSequenceNumber"
	attrPendingState    = "pendingCheckpointState"
	attrParents         = "parentShardId"
	attrChildren        = "childShardIds"
	attrStartingHash    = "startingHashKey"
	attrEndingHash      = "endingHashKey"
	attrStream          = "streamName"
	attrShard           = "shardId"
	attrThroughput      = "throughputKBps"
	attrCheckpointOwner = "checkpointOwner"
	attrEntity          = "entityType"
)

// The kinds of rows in a lease table; one without a kind is a lease
// (spec clients §3.2).
const (
	entityLease          = "LEASE"
	entityLeader         = "LEADER"
	entityMigration      = "CLIENT_VERSION_MIGRATION"
	entityTableMigration = "TABLE_MIGRATION"
	entityStream         = "STREAM"
	entityStats          = "WORKER_METRIC_STATS"
)

func text(s string) types.AttributeValue    { return &types.AttributeValueMemberS{Value: s} }
func texts(s []string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// stringIn returns a text of a row, "" when it has none.
func stringIn(row item, name string) string {
	if v, ok := row[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

// textsIn returns a set of texts of a row.
func textsIn(row item, name string) []string {
	if v, ok := row[name].(*types.AttributeValueMemberSS); ok {
		return v.Value
	}
	return nil
}

// intIn returns a whole number of a row, and whether it has one.
func intIn(row item, name string) (int64, bool) {
	v, ok := row[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Value, 10, 64)
	return n, err == nil
}

// leaseIn returns the lease that a row is, nil when it is none.
func leaseIn(row item) *lease.Lease {
	l, err := parseLease(row)
	if err != nil {
		return nil
	}
	return &l
}

// parseLease reads a lease from its row, of which it keeps no part: a service in
// this process may hand out its own memory.
func parseLease(row item) (lease.Lease, error) {
	l := lease.Lease{
		Key: stringIn(row, keyLease), Stream: stringIn(row, attrStream), Shard: stringIn(row, attrShard),
		Owner: stringIn(row, attrOwner), CheckpointOwner: stringIn(row, attrCheckpointOwner),
		Checkpoint: checkpointIn(row, attrCheckpoint, attrSubSequence),
		Pending:    checkpointIn(row, attrPending, attrPendingSub),
		Parents:    textsIn(row, attrParents), Children: textsIn(row, attrChildren),
	}
	if entity := stringIn(row, attrEntity); entity != "" && entity != entityLease {
		return lease.Lease{}, fmt.Errorf("row %q is no lease but %s", l.Key, entity)
	}
	var ok bool
	if l.Counter, ok = intIn(row, attrCounter); !ok || l.Key == "" {
		return lease.Lease{}, fmt.Errorf("row %q has no %s", l.Key, attrCounter)
	}
	if !l.Checkpoint.Valid() {
		return lease.Lease{}, fmt.Errorf("row %q has the checkpoint %q", l.Key, l.Checkpoint.Sequence)
	}
	l.OwnerSwitches, _ = intIn(row, attrSwitches)
	if v, ok := row[attrPendingState].(*types.AttributeValueMemberB); ok {
		l.PendingState = v.Value
	}
	start, startErr := stream.ParseHashKey(stringIn(row, attrStartingHash))
	end, endErr := stream.ParseHashKey(stringIn(row, attrEndingHash))
	if startErr == nil && endErr == nil {
		l.HasHashRange, l.HashRange = true, stream.HashKeyRange{Start: start, End: end}
	}
	if v, ok := row[attrThroughput].(*types.AttributeValueMemberN); ok {
		var err error
		l.Throughput, err = strconv.ParseFloat(v.Value, 64)
		l.HasThroughput = err == nil
	}
	return l.Clone(), nil
}

// checkpointIn returns a checkpoint of a row, zero when it has none.
func checkpointIn(row item, sequence, subSequence string) lease.Checkpoint {
	c := lease.Checkpoint{Sequence: stringIn(row, sequence)}
	if c.Sequence != "" {
		c.SubSequence, _ = intIn(row, subSequence)
	}
	return c
}

// rowOf returns the row that creates a lease.
//
// The KCL writes a number as the state of a pending checkpoint here, which is a
// mistake of its own, and which it cannot read itself; the bytes are written.
func rowOf(l lease.Lease, entity bool) item {
	row := item{
		keyLease: text(l.Key), attrCounter: number(l.Counter), attrSwitches: number(l.OwnerSwitches),
		attrCheckpoint: text(l.Checkpoint.Sequence), attrSubSequence: number(l.Checkpoint.SubSequence),
	}
	if entity {
		row[attrEntity] = text(entityLease)
	}
	for name, value := range map[string]string{attrOwner: l.Owner, attrCheckpointOwner: l.CheckpointOwner, attrStream: l.Stream, attrShard: l.Shard} {
		if value != "" {
			row[name] = text(value)
		}
	}
	for name, values := range map[string][]string{attrParents: l.Parents, attrChildren: l.Children} {
		if len(values) > 0 {
			row[name] = texts(values)
		}
	}
	if !l.Pending.IsZero() {
		row[attrPending], row[attrPendingSub] = text(l.Pending.Sequence), number(l.Pending.SubSequence)
	}
	if l.PendingState != nil {
		row[attrPendingState] = &types.AttributeValueMemberB{Value: l.PendingState}
	}
	if l.HasHashRange {
		row[attrStartingHash], row[attrEndingHash] = text(l.HashRange.Start.String()), text(l.HashRange.End.String())
	}
	return row
}
