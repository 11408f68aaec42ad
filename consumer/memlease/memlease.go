package memlease

import (
	"context"
	"slices"
	"sync"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

// Store is a lease.Store in memory. The workers of an application share one.
type Store struct {
	mu struct {
		sync.Mutex
		leases    map[string]lease.Lease
		stats     map[string]lease.WorkerStats
		lock      *lease.Lock
		migration *lease.Migration
	}
}

var _ lease.Store = (*Store)(nil)

// New returns an empty store, which is open.
func New() *Store {
	s := &Store{}
	s.mu.leases = map[string]lease.Lease{}
	s.mu.stats = map[string]lease.WorkerStats{}
	return s
}

// Open does nothing.
func (s *Store) Open(ctx context.Context) error { return ctx.Err() }

// Empty implements lease.Store.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mu.leases) == 0, ctx.Err()
}

// List implements lease.Store.
func (s *Store) List(ctx context.Context) (lease.Listing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all lease.Listing
	for _, l := range s.mu.leases {
		all.Leases = append(all.Leases, l.Clone())
	}
	for _, w := range s.mu.stats {
		all.Stats = append(all.Stats, w.Clone())
	}
	return all, ctx.Err()
}

// Keys implements lease.Store.
func (s *Store) Keys(ctx context.Context, owner string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key, l := range s.mu.leases {
		if l.Owner == owner {
			keys = append(keys, key)
		}
	}
	return keys, ctx.Err()
}

// Get implements lease.Store.
func (s *Store) Get(ctx context.Context, key string) (lease.Lease, error) {
	if err := ctx.Err(); err != nil {
		return lease.Lease{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.mu.leases[key]
	if !ok {
		return lease.Lease{}, lease.ErrNotFound
	}
	return l.Clone(), nil
}

// Create implements lease.Store.
func (s *Store) Create(ctx context.Context, l lease.Lease) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.mu.leases[l.Key]; ok {
		return false, nil
	}
	l = l.Clone()
	l.HasThroughput, l.Throughput = false, 0
	s.mu.leases[l.Key] = l
	return true, nil
}

// change replaces a lease by what edit makes of it, if it is there and as
// expected says, and returns the new one.
func (s *Store) change(ctx context.Context, key string, expected func(lease.Lease) bool, edit func(*lease.Lease)) (lease.Lease, error) {
	if err := ctx.Err(); err != nil {
		return lease.Lease{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.mu.leases[key]
	if !ok {
		return lease.Lease{}, &lease.ConflictError{Key: key}
	}
	l = l.Clone()
	if !expected(l) {
		return lease.Lease{}, &lease.ConflictError{Key: key, Now: &l}
	}
	edit(&l)
	s.mu.leases[key] = l
	return l.Clone(), nil
}

// Renew implements lease.Store.
func (s *Store) Renew(ctx context.Context, l lease.Lease) (lease.Lease, error) {
	_, err := s.change(ctx, l.Key, func(now lease.Lease) bool {
		return now.Counter == l.Counter && (l.InHandoff() || !now.InHandoff())
	}, func(now *lease.Lease) {
		now.Counter++
		if l.HasThroughput {
			now.HasThroughput, now.Throughput = true, l.Throughput
		}
	})
	return advanced(l, err)
}

// Update implements lease.Store.
func (s *Store) Update(ctx context.Context, l lease.Lease) (lease.Lease, error) {
	_, err := s.change(ctx, l.Key, sameCounter(l), func(now *lease.Lease) {
		u := l.Clone()
		now.Counter++
		now.Checkpoint, now.OwnerSwitches = u.Checkpoint, u.OwnerSwitches
		now.Pending, now.PendingState = u.Pending, u.PendingState
		if len(u.Children) > 0 {
			now.Children = u.Children
		}
		if u.HasHashRange {
			now.HasHashRange, now.HashRange = true, u.HashRange
		}
	})
	return advanced(l, err)
}

// Take implements lease.Store.
func (s *Store) Take(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	return s.change(ctx, l.Key, sameCounter(l), func(now *lease.Lease) { give(now, worker) })
}

// Assign implements lease.Store.
func (s *Store) Assign(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	return s.change(ctx, l.Key, sameOwners(l), func(now *lease.Lease) { give(now, worker) })
}

// Handoff implements lease.Store.
func (s *Store) Handoff(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	return s.change(ctx, l.Key, func(now lease.Lease) bool {
		return now.Owner == l.Owner && l.Owner != "" && !now.InHandoff()
	}, func(now *lease.Lease) {
		now.Owner, now.CheckpointOwner = worker, now.Owner
	})
}

// Evict implements lease.Store.
func (s *Store) Evict(ctx context.Context, l lease.Lease) (lease.Lease, error) {
	return s.change(ctx, l.Key, sameOwners(l), func(now *lease.Lease) {
		if !now.InHandoff() {
			now.Owner = ""
		}
		now.CheckpointOwner = ""
		now.Counter++
	})
}

// SetChildren implements lease.Store.
func (s *Store) SetChildren(ctx context.Context, key string, children []string) error {
	return s.complete(ctx, key, func(l *lease.Lease) { l.Children = slices.Clone(children) })
}

// SetHashRange implements lease.Store.
func (s *Store) SetHashRange(ctx context.Context, key string, r stream.HashKeyRange) error {
	return s.complete(ctx, key, func(l *lease.Lease) { l.HasHashRange, l.HashRange = true, r })
}

// complete edits a lease that is there.
func (s *Store) complete(ctx context.Context, key string, edit func(*lease.Lease)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.mu.leases[key]
	if !ok {
		return lease.ErrNotFound
	}
	edit(&l)
	s.mu.leases[key] = l
	return nil
}

// Delete implements lease.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.leases, key)
	return nil
}

// sameCounter expects the counter of l.
func sameCounter(l lease.Lease) func(lease.Lease) bool {
	return func(now lease.Lease) bool { return now.Counter == l.Counter }
}

// sameOwners expects the owner and the checkpoint owner of l.
func sameOwners(l lease.Lease) func(lease.Lease) bool {
	return func(now lease.Lease) bool { return now.Owner == l.Owner && now.CheckpointOwner == l.CheckpointOwner }
}

// give makes the worker the only owner.
func give(now *lease.Lease, worker string) {
	if holder := now.Holder(); holder != "" && holder != worker {
		now.OwnerSwitches++
	}
	now.Owner, now.CheckpointOwner = worker, ""
	now.Counter++
}

// advanced returns l with its next counter, unless there is an error.
func advanced(l lease.Lease, err error) (lease.Lease, error) {
	if err != nil {
		return lease.Lease{}, err
	}
	l = l.Clone()
	l.Counter++
	return l, nil
}
