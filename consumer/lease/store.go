package lease

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-io/leat/stream"
)

// Store keeps the leases of one application, and what its workers tell each
// other. All workers of an application use the same store, each through a
// value of its own, and none of them locks anything: a write says what it
// expects the row to be, and fails when it is not.
//
// Durability. What a method returned without an error, every later call of
// every worker sees, but for Get, Keys and List, which may lag behind by
// moments where that is cheaper.
//
// Errors. A write whose expectation is not met changes nothing and gives a
// [*ConflictError]. ErrNotFound means that there is no such row, ErrThrottled
// that the store wants to be asked less often, ErrNotOpen that it is not there
// (any more). Anything else is trouble that may pass. After an error that is
// none of the first three the write may have happened; [Renew] and [Update]
// know how to find out.
//
// Methods return and are given values that belong to the caller.
//
// All methods may be called concurrently.
type Store interface {
	Leases
	Fleet

	// Open makes the store ready for use and returns when it is, creating what
	// is missing. It may take minutes, may be called by several workers at
	// once, and again after an error.
	Open(ctx context.Context) error
}

// Leases are the rows of a Store that are leases.
type Leases interface {
	// Empty reports whether there is no lease at all. It never lags.
	Empty(ctx context.Context) (bool, error)

	// List returns all leases and the stats of all workers, in any order.
	List(ctx context.Context) (Listing, error)

	// Keys returns the keys of the leases whose Owner is the worker, those
	// that are being handed to it included, in any order.
	Keys(ctx context.Context, owner string) ([]string, error)

	// Get returns a lease, ErrNotFound when there is none.
	Get(ctx context.Context, key string) (Lease, error)

	// Create adds a lease unless there is one with its key, and reports
	// whether it did. It writes everything but Throughput.
	Create(ctx context.Context, l Lease) (bool, error)

	// Renew adds one to the counter and stores the throughput, if there is
	// one. It expects the counter of l and, unless l is being handed over,
	// that it is not. It returns l with its new counter.
	//
	// Most callers want the function [Renew], which knows what a conflict
	// means.
	Renew(ctx context.Context, l Lease) (Lease, error)

	// Update adds one to the counter and stores the checkpoint, the pending
	// checkpoint, the owner switches and what is known of children and hash
	// range. It expects the counter of l; whether the lease is being handed
	// over, and who renews it, does not matter. It returns l with its new
	// counter.
	//
	// Checkpoints are made with it: Update(ctx, l.Checkpointed(at)).
	Update(ctx context.Context, l Lease) (Lease, error)

	// Take makes the worker the owner, ends a hand-off, and adds one to the
	// counter; and to the owner switches when another worker held the lease.
	// It expects the counter of l. It is how workers of KCL 2.x help
	// themselves. It returns l as it became.
	Take(ctx context.Context, l Lease, worker string) (Lease, error)

	// Assign does what Take does, but expects the owner and the checkpoint
	// owner of l rather than its counter, so that renewals do not disturb it.
	// A leader assigns leases with it, and a worker ends a hand-off with it:
	// Assign(ctx, l, l.Owner). It returns the row as it became.
	Assign(ctx context.Context, l Lease, worker string) (Lease, error)

	// Handoff makes the worker the next owner while the present one goes on
	// until it is done: Owner moves to CheckpointOwner. The counter stays. It
	// expects the owner of l, and that no hand-off is under way. It returns
	// the row as it became.
	Handoff(ctx context.Context, l Lease, worker string) (Lease, error)

	// Evict takes the lease from the worker that holds it: away from its
	// owner, or, while it is being handed over, from its checkpoint owner, so
	// that the next owner has it. It adds one to the counter. It expects the
	// owner and the checkpoint owner of l. It returns the row as it became.
	Evict(ctx context.Context, l Lease) (Lease, error)

	// SetChildren and SetHashRange complete a lease without touching its
	// counter. They give ErrNotFound when there is no such lease.
	SetChildren(ctx context.Context, key string, children []string) error
	SetHashRange(ctx context.Context, key string, r stream.HashKeyRange) error

	// Delete removes a lease whatever it is. That there is none is no error.
	Delete(ctx context.Context, key string) error
}

// Fleet are the rows of a Store that are about workers.
type Fleet interface {
	// PutStats stores a worker's report in place of its last.
	PutStats(ctx context.Context, s WorkerStats) error
	// DeleteStats removes a worker's report. That there is none is no error.
	DeleteStats(ctx context.Context, worker string) error

	// Lock returns the leader lock, ErrNotFound when nobody ever took it or
	// its row was removed. It never lags.
	Lock(ctx context.Context) (Lock, error)
	// AcquireLock stores next. It expects the lock to be as seen: absent when
	// seen is nil, released when seen is, else of the version of seen.
	AcquireLock(ctx context.Context, seen *Lock, next Lock) error
	// Heartbeat gives the lock a new version. It expects the owner and the
	// version of held.
	Heartbeat(ctx context.Context, held Lock, version string) error
	// ReleaseLock gives the lock up. It expects the owner and the version of
	// held.
	ReleaseLock(ctx context.Context, held Lock) error

	// Migration returns the row that says by which algorithm leases are
	// assigned, ErrNotFound when there is none. It never lags.
	Migration(ctx context.Context) (Migration, error)
	// SetMigration stores next. It expects no such row when seen is nil, else
	// the version of seen.
	SetMigration(ctx context.Context, seen *Migration, next Migration) error
}

// Listing is what a Store holds.
type Listing struct {
	Leases []Lease
	Stats  []WorkerStats
	// Unreadable counts the rows that are neither, nor anything else that is
	// known.
	Unreadable int
}

var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrThrottled says that the store was asked too often.
	ErrThrottled = errors.New("lease store throttles")
	// ErrNotOpen says that the store does not exist: Open was not called, or
	// it was deleted since.
	ErrNotOpen = errors.New("lease store does not exist")
	// ErrConflict is what every *ConflictError wraps.
	ErrConflict = errors.New("lease store holds something else than expected")
)

// ConflictError says that a row is not what a write expected, so that nothing
// was written.
type ConflictError struct {
	Key string
	// Now is the lease as it is, nil when it does not exist, when the row is
	// not a lease, or when the store did not tell.
	Now *Lease
}

func (e *ConflictError) Error() string {
	if e.Now == nil {
		return fmt.Sprintf("%s: %v", e.Key, ErrConflict)
	}
	return fmt.Sprintf("%s: %v: owner %q, checkpoint owner %q, counter %d", e.Key, ErrConflict, e.Now.Owner, e.Now.CheckpointOwner, e.Now.Counter)
}

// Unwrap returns ErrConflict.
func (e *ConflictError) Unwrap() error { return ErrConflict }
