package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ElectionOptions are the times of an election. The zero value has the KCL's.
type ElectionOptions struct {
	// Duration is how long the leader may be silent before another takes over.
	// The default is two minutes.
	Duration time.Duration
	// Heartbeat is how often the leader gives a sign of life, and for how long
	// a worker that is not the leader believes so without asking again. The
	// default is 30 seconds.
	Heartbeat time.Duration
	// Now is the clock; nil is time.Now. Its times carry a monotonic reading.
	Now func() time.Time
}

// Election is a worker's part in finding out who leads (spec clients §3.6).
// There may be two leaders for a moment, when one has been silent for so long
// that another took over; they do no harm, since whatever a leader writes says
// what it expects.
//
// Its owner calls IsLeader before every duty of a leader, Heartbeat once in
// each heartbeat interval, and Release when it stops. All methods may be called
// concurrently.
type Election struct {
	store  Fleet
	worker string
	opts   ElectionOptions
	// life begins every version that this value writes, so that it knows the
	// lock for its own when the answer to a write was lost, and does not when
	// it is that of an earlier worker of the same name.
	life string

	mu struct {
		sync.Mutex
		// held is the lock as it was last known to be, nil when this worker
		// does not have it.
		held *Lock
		// beats counts the versions.
		beats int
		// seen is the lock as it was last read, and since when it has had that
		// version.
		seen  Lock
		since time.Time
		// notBefore is when another's lock is looked at again.
		notBefore time.Time
	}
}

// NewElection returns the part of a worker, which is not the leader yet.
func NewElection(store Fleet, worker string, opts ElectionOptions) *Election {
	if opts.Duration == 0 {
		opts.Duration = 2 * time.Minute
	}
	if opts.Heartbeat == 0 {
		opts.Heartbeat = 30 * time.Second
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Election{store: store, worker: worker, opts: opts, life: rand.Text() + "-"}
}

// HeartbeatInterval returns how often Heartbeat is to be called.
func (e *Election) HeartbeatInterval() time.Duration { return e.opts.Heartbeat }

// IsLeader reports whether this worker is the leader, making it so when nobody
// is. A yes is always fresh; a no may be one heartbeat interval old. With an
// error it is not known, and the worker should not act as one.
func (e *Election) IsLeader(ctx context.Context) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.opts.Now()
	if e.mu.held == nil && now.Before(e.mu.notBefore) {
		return false, nil
	}
	lock, err := e.store.Lock(ctx)
	if errors.Is(err, ErrNotFound) {
		return e.acquireLocked(ctx, nil)
	}
	if err != nil {
		return false, fmt.Errorf("read leader lock: %w", err)
	}
	if e.ours(lock) {
		e.mu.held = &lock
		return true, nil
	}
	e.mu.held = nil
	if lock != e.mu.seen {
		e.mu.seen, e.mu.since = lock, now
	}
	if lock.Released || now.Sub(e.mu.since) > lock.Duration {
		return e.acquireLocked(ctx, &lock)
	}
	e.mu.notBefore = now.Add(e.opts.Heartbeat)
	return false, nil
}

// Heartbeat tells the others that this worker leads, if it does. That it does
// not any more is no error.
func (e *Election) Heartbeat(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.mu.held == nil {
		return nil
	}
	version := e.versionLocked()
	err := e.store.Heartbeat(ctx, *e.mu.held, version)
	if errors.Is(err, ErrConflict) {
		// Somebody else has it, or an earlier heartbeat arrived whose answer
		// was lost.
		var lock Lock
		lock, err = e.store.Lock(ctx)
		if errors.Is(err, ErrNotFound) || err == nil && !e.ours(lock) {
			e.mu.held = nil
			return nil
		}
		version = lock.Version
	}
	if err != nil {
		return fmt.Errorf("renew leader lock: %w", err)
	}
	e.mu.held.Version = version
	return nil
}

// Release gives leadership up, if this worker has it, so that another need not
// wait for it to lapse.
func (e *Election) Release(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.mu.held == nil {
		return nil
	}
	held := *e.mu.held
	e.mu.held = nil
	e.mu.notBefore = e.opts.Now().Add(e.opts.Heartbeat) // let another have it
	if err := e.store.ReleaseLock(ctx, held); err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("release leader lock: %w", err)
	}
	return nil
}

// ours reports whether the lock was written by this value.
func (e *Election) ours(lock Lock) bool {
	return lock.Owner == e.worker && strings.HasPrefix(lock.Version, e.life) && !lock.Released
}

// versionLocked returns a version that nobody has used. Requires e.mu.
func (e *Election) versionLocked() string {
	e.mu.beats++
	return e.life + strconv.Itoa(e.mu.beats)
}

// acquireLocked takes the lock that is as seen. Requires e.mu.
func (e *Election) acquireLocked(ctx context.Context, seen *Lock) (bool, error) {
	next := Lock{Owner: e.worker, Duration: e.opts.Duration, Version: e.versionLocked()}
	err := e.store.AcquireLock(ctx, seen, next)
	switch {
	case err == nil:
		e.mu.held = &next
		return true, nil
	case errors.Is(err, ErrConflict):
		return false, nil
	}
	return false, fmt.Errorf("acquire leader lock: %w", err)
}
