package lease

import (
	"context"
	"errors"
	"fmt"
)

// ErrLost says that a worker does not have a lease any more.
var ErrLost = errors.New("lease lost")

// renewTries is how often a renewal that is throttled is tried, as the KCL
// does (spec clients §3.5).
const renewTries = 2

// Renew renews a lease for the worker that holds it, and returns it as it is
// then. The caller must not have another write to the lease under way.
//
// When the leader has asked for a hand-off since, the lease is renewed all the
// same and returned with its CheckpointOwner set: the worker has to finish and
// then to Assign it to l.Owner. When the store's answer to an earlier renewal
// was lost, this is noticed and is a success. When the lease belongs to
// somebody else, or is gone, the error wraps ErrLost.
func Renew(ctx context.Context, s Leases, worker string, l Lease) (Lease, error) {
	now, err := renew(ctx, s, l)
	row, err := conflicting(ctx, s, err)
	if row == nil || err != nil {
		return now, err
	}
	switch {
	case row.CheckpointOwner == worker && row.Counter == l.Counter && !l.InHandoff():
		row.HasThroughput, row.Throughput = l.HasThroughput, l.Throughput
		return Renew(ctx, s, worker, *row) // in hand-off now, so this comes here only once
	case row.Holder() == worker && row.Counter == l.Counter+1:
		return *row, nil
	}
	return Lease{}, lost(*row)
}

// Update stores l as [Leases.Update] does for the worker that holds it, and
// returns it as it is then. The caller must not have another write to the
// lease under way. It treats a lost answer and a lost lease as Renew does.
func Update(ctx context.Context, s Leases, worker string, l Lease) (Lease, error) {
	now, err := s.Update(ctx, l)
	row, err := conflicting(ctx, s, err)
	if row == nil || err != nil {
		return now, err
	}
	if row.Holder() == worker && row.Counter == l.Counter+1 && row.Checkpoint == l.Checkpoint && row.Pending == l.Pending {
		return *row, nil
	}
	return Lease{}, lost(*row)
}

// renew calls s.Renew until it is not throttled, a few times.
func renew(ctx context.Context, s Leases, l Lease) (now Lease, err error) {
	for range renewTries {
		if now, err = s.Renew(ctx, l); !errors.Is(err, ErrThrottled) {
			return now, err
		}
	}
	return Lease{}, err
}

// conflicting returns the lease as it is when err is a conflict, asking the
// store if it did not tell. Any other error it returns as it is, and a lease
// that does not exist as ErrLost.
func conflicting(ctx context.Context, s Leases, err error) (*Lease, error) {
	var conflict *ConflictError
	if !errors.As(err, &conflict) {
		return nil, err
	}
	if conflict.Now != nil {
		return conflict.Now, nil
	}
	row, err := s.Get(ctx, conflict.Key)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("%s: %w: it does not exist", conflict.Key, ErrLost)
	}
	return &row, err
}

// lost returns the error for a lease that is somebody else's.
func lost(row Lease) error {
	return fmt.Errorf("%s: %w: owner %q, checkpoint owner %q, counter %d", row.Key, ErrLost, row.Owner, row.CheckpointOwner, row.Counter)
}
