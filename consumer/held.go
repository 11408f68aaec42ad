package consumer

import (
	"maps"
	"slices"
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

// reserve lets the caller take a lease for this worker, as long as it wants more.
// The caller calls adopt or unreserve afterwards.
func (w *Worker) reserve(key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mu.stopping || w.mu.held[key] != nil || w.mu.reserved[key] {
		return false
	}
	w.mu.reserved[key] = true
	return true
}

// unreserve takes a reservation back, if there is one.
func (w *Worker) unreserve(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.mu.reserved, key)
}

// adopt begins with a shard whose lease was reserved and now is this worker's, as
// it was at the time. It reports false when the worker wants no more.
func (w *Worker) adopt(row lease.Lease, seen time.Time) bool {
	source, ok := w.sourceOf(row)
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.mu.reserved, row.Key)
	if w.mu.stopping || !ok {
		return false
	}
	s := newShardRun(w, source, hold(w.life, w, row, seen))
	w.mu.held[row.Key] = s
	w.wg.Go(func() {
		s.run()
		w.ran(s)
	})
	return true
}

// ran notes that a shard has ended, or that its lease is not this worker's any
// more.
func (w *Worker) ran(s *shardRun) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.ended {
		w.counts.shardsEnded.Add(1)
		close(w.mu.ended)
		w.mu.ended = make(chan struct{})
		return
	}
	w.forgetLocked(s)
}

// drop forgets a shard that has ended, whose lease is gone.
func (w *Worker) drop(s *shardRun) {
	s.holding.end()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forgetLocked(s)
}

// forgetLocked takes a shard from those that are held, unless it is held anew by
// now. Requires w.mu.
func (w *Worker) forgetLocked(s *shardRun) {
	if key := s.holding.row().Key; w.mu.held[key] == s {
		delete(w.mu.held, key)
	}
}

// shardEndedSince returns a channel that is closed when a shard of this worker
// ends from now on.
func (w *Worker) shardEndedSince() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.ended
}

// runs returns the shards that are held now.
func (w *Worker) runs() []*shardRun {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Values(w.mu.held))
}

// isFull reports whether the worker has as many leases as it may have.
func (w *Worker) isFull() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.mu.held) >= w.o.policy.MaxLeases
}
