package consumer

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leat-io/leat/consumer/lease"
)

// cleanUp deletes the leases of this worker's ended shards that nobody needs any
// more: the children have begun, and no parent has a lease that would have to
// tell that it ended before (spec clients §3.9).
func (w *Worker) cleanUp(ctx context.Context) {
	if w.o.keepEnded {
		return
	}
	for _, s := range w.runs() {
		if !s.hasEnded() || s.holding.isLost() {
			continue
		}
		done, err := w.isObsolete(ctx, s)
		if err == nil && done {
			err = w.leases.Delete(ctx, s.holding.row().Key)
			if err == nil {
				w.drop(s)
			}
		}
		if err != nil && ctx.Err() == nil {
			s.logger.Warn("the lease of an ended shard could not be cleaned up", "err", err)
		}
	}
}

// isObsolete reports whether the lease of a shard that has ended can be deleted.
func (w *Worker) isObsolete(ctx context.Context, s *shardRun) (bool, error) {
	row := s.holding.row()
	for _, parent := range row.Parents {
		_, err := w.leases.Get(ctx, lease.KeyOf(row.Stream, parent))
		if !errors.Is(err, lease.ErrNotFound) {
			return false, err
		}
	}
	if len(row.Children) == 0 {
		return w.childless(ctx, s, row)
	}
	for _, child := range row.Children {
		l, err := w.leases.Get(ctx, lease.KeyOf(row.Stream, child))
		switch {
		case errors.Is(err, lease.ErrNotFound):
			return false, nil
		case err != nil:
			return false, err
		case l.Checkpoint == lease.TrimHorizon, l.Checkpoint == lease.AtTimestamp:
			return false, nil // it has not begun
		}
	}
	return true, nil
}

// childless reports whether the lease of an ended shard without known children
// can be deleted, because there are none. If there are, they are noted for the
// next time.
func (w *Worker) childless(ctx context.Context, s *shardRun, row lease.Lease) (bool, error) {
	children, err := lostShard(ctx, w.client, s.source, row.ShardID())
	if err != nil || len(children) == 0 {
		return err == nil, err
	}
	return false, s.holding.update(ctx, func(row lease.Lease) lease.Lease {
		row.Children = nil
		for _, c := range children {
			row.Children = append(row.Children, aws.ToString(c.ShardId))
		}
		return row
	})
}
