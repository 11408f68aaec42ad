package group

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/lease"
)

// verify holds the reports against the stream's shards and the lease table.
// Every worker has stopped in good order.
func (h *history) verify(ctx context.Context) error {
	shards, err := listShards(ctx, h.client)
	if err != nil {
		return err
	}
	store := dynamolease.New(newDynamoDB(h.server.gate.url()), application)
	if err := store.Open(ctx); err != nil {
		return err
	}
	list, err := store.List(ctx)
	if err != nil {
		return err
	}
	leases := make(map[string]lease.Lease)
	for _, l := range list.Leases {
		leases[l.Key] = l
	}
	h.ledger.mu.Lock()
	defer h.ledger.mu.Unlock()
	for _, s := range shards {
		if err := h.shardLocked(s, leases); err != nil {
			return fmt.Errorf("%s: %w", *s.ShardId, err)
		}
	}
	if len(leases) != len(shards) {
		return fmt.Errorf("%d leases for %d shards", len(leases), len(shards))
	}
	return nil
}

// shardLocked checks the story of one shard. Requires ledger.mu.
func (h *history) shardLocked(s types.Shard, leases map[string]lease.Lease) error {
	l, ok := leases[*s.ShardId]
	story := h.ledger.mu.shards[*s.ShardId]
	switch {
	case !ok:
		return fmt.Errorf("has no lease")
	case closed(s) != l.Checkpoint.IsEnd():
		return fmt.Errorf("is closed: %t; the checkpoint is %v", closed(s), l.Checkpoint)
	case story == nil:
		if closed(s) {
			return fmt.Errorf("was never processed")
		}
		return nil // made by the last operation, with nothing in it
	case closed(s) != (story.firstEnded > 0):
		return fmt.Errorf("is closed: %t, and was reported to have ended: %t", closed(s), story.firstEnded > 0)
	case h.kills == 0 && !closed(s) && story.lost == 0 && story.releasedBy != story.holder:
		return fmt.Errorf("was not released by %s, which has stopped", story.holder)
	case h.kills == 0 && story.lost == 0 && (story.replays > 0 || story.endedReports > 1):
		return fmt.Errorf("was never lost, and %d lines were processed again, and its end %d times", story.replays, story.endedReports)
	}
	return h.parentsLocked(s, l, story)
}

// parentsLocked requires that parents ended before a shard began, and that the
// lease knows them. Requires ledger.mu.
func (h *history) parentsLocked(s types.Shard, l lease.Lease, story *shardStory) error {
	var parents []string
	for _, p := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
		if p == nil {
			continue
		}
		parents = append(parents, *p)
		parent := h.ledger.mu.shards[*p]
		if parent == nil || parent.firstEnded == 0 || parent.firstEnded > story.firstBegan {
			return fmt.Errorf("began before its parent %s ended", *p)
		}
	}
	slices.Sort(parents)
	if known := slices.Sorted(slices.Values(l.Parents)); !slices.Equal(known, parents) {
		return fmt.Errorf("the lease has the parents %v, the shard %v", known, parents)
	}
	return nil
}
