package consumer

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/consumer/lease"
)

// maxDiscoveries is how many new leases are looked at at a time.
const maxDiscoveries = 20

// discover looks for leases that were given to this worker, or that it had when
// it last ran under the same name, and begins with their shards.
func (w *Worker) discover(ctx context.Context) {
	if w.helpsItself.Load() {
		return // in 2.x mode it knows what it takes
	}
	began := w.o.clock.Now()
	keys, err := w.leases.Keys(ctx, w.o.workerID)
	if err != nil {
		if ctx.Err() == nil {
			w.o.logger.Warn("cannot look for new leases", "err", err)
		}
		return
	}
	var group errgroup.Group
	group.SetLimit(maxDiscoveries)
	var found atomic.Int64
	for _, key := range keys {
		group.Go(func() error {
			if w.reserve(key) && w.beginWith(ctx, key) {
				found.Add(1)
			}
			return nil
		})
	}
	_ = group.Wait()
	w.metrics.discovered(int(found.Load()), w.o.clock.Now().Sub(began))
}

// beginWith begins with the shard of a lease that was reserved, if that is really
// this worker's and not still another's until it has finished. It reports whether
// it has begun.
func (w *Worker) beginWith(ctx context.Context, key string) bool {
	began := w.o.clock.Now()
	row, err := w.confirm(ctx, key)
	if err == nil {
		return w.adopt(row, began)
	}
	w.unreserve(key)
	if ctx.Err() == nil && !errors.Is(err, ErrLeaseLost) && !errors.Is(err, lease.ErrNotFound) {
		w.o.logger.Warn("cannot begin with a lease", "lease", key, "err", err)
	}
	return false
}

// confirm renews a lease that should be this worker's, since nobody knows for how
// long it has been. One that is another's, or of a stream that this worker does
// not know, gives ErrLeaseLost.
func (w *Worker) confirm(ctx context.Context, key string) (lease.Lease, error) {
	row, err := w.leases.Get(ctx, key)
	if err != nil {
		return row, err
	}
	if _, known := w.sourceOf(row); !known || row.Owner != w.o.workerID || row.InHandoff() {
		return row, ErrLeaseLost
	}
	return lease.Renew(ctx, w.leases, w.o.workerID, row)
}
