package memlease

import (
	"context"
	"slices"

	"github.com/leat-io/leat/consumer/lease"
)

// The keys that conflicts about the rows of the fleet are reported under.
const (
	lockKey      = "Leader"
	migrationKey = "Migration3.0"
)

// PutStats implements lease.Store.
func (s *Store) PutStats(ctx context.Context, w lease.WorkerStats) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.stats[w.Worker] = w.Clone()
	return nil
}

// DeleteStats implements lease.Store.
func (s *Store) DeleteStats(ctx context.Context, worker string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.stats, worker)
	return nil
}

// Lock implements lease.Store.
func (s *Store) Lock(ctx context.Context) (lease.Lock, error) {
	if err := ctx.Err(); err != nil {
		return lease.Lock{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.lock == nil {
		return lease.Lock{}, lease.ErrNotFound
	}
	return *s.mu.lock, nil
}

// AcquireLock implements lease.Store.
func (s *Store) AcquireLock(ctx context.Context, seen *lease.Lock, next lease.Lock) error {
	return s.changeLock(ctx, func(now *lease.Lock) (*lease.Lock, bool) {
		switch {
		case seen == nil:
			return &next, now == nil
		case now == nil:
			return nil, false
		case seen.Released:
			return &next, now.Released
		}
		return &next, now.Version == seen.Version
	})
}

// Heartbeat implements lease.Store.
func (s *Store) Heartbeat(ctx context.Context, held lease.Lock, version string) error {
	return s.changeLock(ctx, func(now *lease.Lock) (*lease.Lock, bool) {
		next := held
		next.Version = version
		return &next, now != nil && now.Owner == held.Owner && now.Version == held.Version
	})
}

// ReleaseLock implements lease.Store. The lock is gone then.
func (s *Store) ReleaseLock(ctx context.Context, held lease.Lock) error {
	return s.changeLock(ctx, func(now *lease.Lock) (*lease.Lock, bool) {
		return nil, now != nil && now.Owner == held.Owner && now.Version == held.Version
	})
}

// changeLock replaces the lock by what edit returns, if it says that the lock
// is as expected.
func (s *Store) changeLock(ctx context.Context, edit func(now *lease.Lock) (*lease.Lock, bool)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next, ok := edit(s.mu.lock)
	if !ok {
		return &lease.ConflictError{Key: lockKey}
	}
	s.mu.lock = next
	return nil
}

// Migration implements lease.Store.
func (s *Store) Migration(ctx context.Context) (lease.Migration, error) {
	if err := ctx.Err(); err != nil {
		return lease.Migration{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.migration == nil {
		return lease.Migration{}, lease.ErrNotFound
	}
	m := *s.mu.migration
	m.History = slices.Clone(m.History)
	return m, nil
}

// SetMigration implements lease.Store.
func (s *Store) SetMigration(ctx context.Context, seen *lease.Migration, next lease.Migration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.mu.migration
	if (seen == nil) != (now == nil) || seen != nil && seen.Version != now.Version {
		return &lease.ConflictError{Key: migrationKey}
	}
	next.History = slices.Clone(next.History)
	s.mu.migration = &next
	return nil
}
