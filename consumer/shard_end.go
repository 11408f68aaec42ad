package consumer

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/lease"
)

// errParentUnknown says that the other parent of a merged shard has no lease
// yet, so that nobody could tell when the merged shard may begin.
var errParentUnknown = errors.New("the other parent of the merged shard has no lease yet")

// end finishes a shard whose records were all delivered: its children get
// leases, the processor is told, and the lease says SHARD_END. In this order: a
// worker that dies in between leaves a lease that is done again, never children
// without leases.
func (s *shardRun) end(ctx context.Context, children []types.ChildShard) error {
	began := s.worker.o.clock.Now()
	err := s.untilDone(ctx, "CreateChildren", func(ctx context.Context) error {
		return s.createChildren(ctx, children)
	})
	if err == nil {
		s.checkpointer.end()
		err = s.untilDone(ctx, "ShardEnded", s.shardEnded)
	}
	s.events.shutDown(s.worker.o.clock.Now().Sub(began), err)
	return err
}

// shardEnded tells the processor, and makes the last checkpoint if that did not.
func (s *shardRun) shardEnded(ctx context.Context) error {
	err := s.call(ctx, "ShardEnded", func(ctx context.Context) error { return s.processor.ShardEnded(ctx, s.checkpointer) })
	if err != nil {
		return err
	}
	return s.checkpointer.Checkpoint(ctx)
}

// createChildren creates the leases of the shards that follow this one, unless
// they exist, and notes in this one's who they are. Those that this worker
// creates it keeps for the time being: the leader spreads them later.
func (s *shardRun) createChildren(ctx context.Context, children []types.ChildShard) error {
	var ids []string
	var ours []lease.Lease // reserved, and to be adopted
	defer func() {
		for _, l := range ours {
			s.worker.unreserve(l.Key)
		}
	}()
	began := s.worker.o.clock.Now()
	for _, c := range children {
		if err := s.parentsKnown(ctx, c); err != nil {
			return err
		}
		id := aws.ToString(c.ShardId)
		ids = append(ids, id)
		l := newLease(s.source, id, c.ParentShards, c.HashKeyRange, lease.TrimHorizon)
		if !s.worker.isFull() && s.worker.reserve(l.Key) {
			l.Owner = s.worker.o.workerID
			ours = append(ours, l)
		}
		made, err := s.worker.leases.Create(ctx, l)
		if err != nil {
			return fmt.Errorf("create the lease of shard %s: %w", id, err)
		}
		s.events.leaseCreated(l, made)
		if !made && l.Owner != "" { // somebody else's, then
			s.worker.unreserve(l.Key)
			ours = ours[:len(ours)-1]
		}
	}
	if len(ids) > 0 {
		err := s.holding.update(ctx, func(row lease.Lease) lease.Lease {
			row.Children = ids
			return row
		})
		if err != nil {
			return fmt.Errorf("note the child shards: %w", err)
		}
	}
	for _, l := range ours {
		s.worker.adopt(l, began)
	}
	ours = nil
	return nil
}

// parentsKnown makes sure that the child of a merge does not begin before both
// its parents have ended: either both have leases, or none has.
func (s *shardRun) parentsKnown(ctx context.Context, c types.ChildShard) error {
	for _, parent := range c.ParentShards {
		if parent == s.info.ShardID {
			continue
		}
		_, err := s.worker.leases.Get(ctx, lease.KeyOf(s.source.id.String(), parent))
		if errors.Is(err, lease.ErrNotFound) {
			s.events.missingMergeParent()
			return fmt.Errorf("shard %s: %w", aws.ToString(c.ShardId), errParentUnknown)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
