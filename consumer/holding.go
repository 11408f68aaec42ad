package consumer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

// ErrLeaseLost says that the worker does not have the shard's lease any more:
// another worker may process the shard by now, and this one's checkpoints do
// not count (KCL's ShutdownException).
var ErrLeaseLost = lease.ErrLost

// holding is a lease that this worker holds: the row as it is in the store, and
// how long that can be relied on. Its methods may be called concurrently.
type holding struct {
	store  lease.Leases
	worker string
	clock  Clock
	// duration is how long after the last renewal the lease can be relied on.
	duration time.Duration

	// turn is held by whoever writes to the row, so that writes go one after
	// another, each with the counter that the last one left.
	turn chan struct{}
	// doubt is when the first of the last writes was begun whose outcomes are not
	// known, zero when that of the last one is. Owned by whoever holds turn.
	doubt time.Time

	// ctx ends when the lease is lost or let go.
	ctx    context.Context
	cancel context.CancelFunc

	mu struct {
		sync.Mutex
		row lease.Lease
		// renewed is when the last successful write was begun: from then on
		// another worker waits for duration before it takes the lease.
		renewed time.Time
		lost    bool
		// released says that it was this worker that let the lease go.
		released bool
		// fresh is closed, and replaced by nil, when the lease is renewed;
		// nil while nobody waits for that.
		fresh chan struct{}
	}
}

// hold returns the holding of a lease that was seen to be the worker's at the
// time. It ends with ctx too.
func hold(ctx context.Context, w *Worker, row lease.Lease, seen time.Time) *holding {
	h := &holding{
		store: w.leases, worker: w.o.workerID, clock: w.o.clock, duration: w.o.policy.Failover,
		turn: make(chan struct{}, 1),
	}
	h.ctx, h.cancel = context.WithCancel(ctx)
	h.mu.row, h.mu.renewed = row, seen
	return h
}

// row returns the lease as it was last seen.
func (h *holding) row() lease.Lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.row
}

// isLost reports whether the lease is somebody else's, or gone.
func (h *holding) isLost() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.lost
}

// isReleased reports whether the worker has let the lease go, or is about to.
func (h *holding) isReleased() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.released
}

// validUntil returns until when no other worker takes the lease, by h.clock.
func (h *holding) validUntil() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.renewed.Add(h.duration)
}

// valid waits until the lease can be relied on. The error is ctx's.
func (h *holding) valid(ctx context.Context) error {
	for {
		h.mu.Lock()
		ok := h.clock.Now().Before(h.mu.renewed.Add(h.duration))
		if !ok && h.mu.fresh == nil {
			h.mu.fresh = make(chan struct{})
		}
		fresh := h.mu.fresh
		h.mu.Unlock()
		if ok {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-fresh:
		}
	}
}

// renew tells the others that the worker is there, with its throughput in KB/s
// if that is known. It returns the row as it is then.
func (h *holding) renew(ctx context.Context, throughput float64) (lease.Lease, error) {
	return h.write(ctx, func(ctx context.Context, row lease.Lease) (lease.Lease, error) {
		if throughput >= 0 {
			row.HasThroughput, row.Throughput = true, throughput
		}
		return lease.Renew(ctx, h.store, h.worker, row)
	})
}

// update stores what change makes of the row.
func (h *holding) update(ctx context.Context, change func(lease.Lease) lease.Lease) error {
	_, err := h.write(ctx, func(ctx context.Context, row lease.Lease) (lease.Lease, error) {
		if !h.doubt.IsZero() { // then a renewal finds out what the counter is
			var err error
			if row, err = lease.Renew(ctx, h.store, h.worker, row); err != nil {
				return row, err
			}
			h.keep(row)
		}
		return lease.Update(ctx, h.store, h.worker, change(row))
	})
	return err
}

// letGo takes the lease from this worker by the given write, such as an
// eviction, and ends the holding whether that works or not.
func (h *holding) letGo(ctx context.Context, write func(context.Context, lease.Lease) (lease.Lease, error)) error {
	h.mu.Lock()
	h.mu.released = true
	h.mu.Unlock()
	_, err := h.write(ctx, write)
	h.end()
	return err
}

// write carries out one write to the row. When it finds the lease lost the
// holding ends.
func (h *holding) write(ctx context.Context, do func(context.Context, lease.Lease) (lease.Lease, error)) (lease.Lease, error) {
	// A store that does not answer must not keep the others from their turn
	// for longer than the lease is good for.
	ctx, cancel := context.WithTimeout(ctx, h.duration)
	defer cancel()
	select {
	case <-ctx.Done():
		return lease.Lease{}, ctx.Err()
	case h.turn <- struct{}{}:
	}
	defer func() { <-h.turn }()
	if h.isLost() {
		return lease.Lease{}, ErrLeaseLost
	}
	began, before := h.clock.Now(), h.row()
	row, err := do(ctx, before)
	switch {
	case err == nil:
		if !h.doubt.IsZero() && row.Counter == before.Counter+1 {
			// Perhaps the write in doubt moved the counter, and this one found
			// only that it did: the others count from then.
			began = h.doubt
		}
		h.doubt = time.Time{}
		h.renewedAt(row, began)
	case errors.Is(err, ErrLeaseLost), errors.Is(err, lease.ErrNotFound):
		h.end()
	case h.doubt.IsZero():
		h.doubt = began
	}
	return row, err
}

// keep notes the row as it is now in the store.
func (h *holding) keep(row lease.Lease) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.row = row
}

// renewedAt notes the row after a write that was begun then.
func (h *holding) renewedAt(row lease.Lease, began time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.row, h.mu.renewed = row, began
	if h.mu.fresh != nil {
		close(h.mu.fresh)
		h.mu.fresh = nil
	}
}

// end marks the lease as lost, or let go.
func (h *holding) end() {
	h.mu.Lock()
	h.mu.lost = true
	h.mu.Unlock()
	h.cancel()
}
