package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
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

	// turn is held while the lock is looked at or written, and so while what
	// follows is used. Who waits for it waits for the store, and no longer than
	// its own context.
	turn  chan struct{}
	known struct {
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
	return &Election{store: store, worker: worker, opts: opts, life: rand.Text() + "-", turn: make(chan struct{}, 1)}
}

// HeartbeatInterval returns how often Heartbeat is to be called.
func (e *Election) HeartbeatInterval() time.Duration { return e.opts.Heartbeat }

// IsLeader reports whether this worker is the leader, making it so when nobody
// is. A yes is always fresh; a no may be one heartbeat interval old. With an
// error it is not known, and the worker should not act as one.
func (e *Election) IsLeader(ctx context.Context) (bool, error) {
	if err := e.take(ctx); err != nil {
		return false, err
	}
	defer e.give()
	now := e.opts.Now()
	if e.known.held == nil && now.Before(e.known.notBefore) {
		return false, nil
	}
	lock, err := e.store.Lock(ctx)
	if errors.Is(err, ErrNotFound) {
		return e.acquire(ctx, nil)
	}
	if err != nil {
		return false, fmt.Errorf("read leader lock: %w", err)
	}
	if e.ours(lock) {
		e.known.held = &lock
		return true, nil
	}
	e.known.held = nil
	if lock != e.known.seen {
		e.known.seen, e.known.since = lock, now
	}
	if lock.Released || now.Sub(e.known.since) > lock.Duration {
		return e.acquire(ctx, &lock)
	}
	e.known.notBefore = now.Add(e.opts.Heartbeat)
	return false, nil
}

// Heartbeat tells the others that this worker leads, if it does. That it does
// not any more is no error.
func (e *Election) Heartbeat(ctx context.Context) error {
	if err := e.take(ctx); err != nil {
		return err
	}
	defer e.give()
	if e.known.held == nil {
		return nil
	}
	version := e.version()
	err := e.store.Heartbeat(ctx, *e.known.held, version)
	if errors.Is(err, ErrConflict) {
		// Somebody else has it, or an earlier heartbeat arrived whose answer
		// was lost.
		var lock Lock
		lock, err = e.store.Lock(ctx)
		if errors.Is(err, ErrNotFound) || err == nil && !e.ours(lock) {
			e.known.held = nil
			return nil
		}
		version = lock.Version
	}
	if err != nil {
		return fmt.Errorf("renew leader lock: %w", err)
	}
	e.known.held.Version = version
	return nil
}

// Release gives leadership up, if this worker has it, so that another need not
// wait for it to lapse.
func (e *Election) Release(ctx context.Context) error {
	if err := e.take(ctx); err != nil {
		return err
	}
	defer e.give()
	if e.known.held == nil {
		return nil
	}
	held := *e.known.held
	e.known.held = nil
	e.known.notBefore = e.opts.Now().Add(e.opts.Heartbeat) // let another have it
	if err := e.store.ReleaseLock(ctx, held); err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("release leader lock: %w", err)
	}
	return nil
}

// take waits for the turn. The error is ctx's.
func (e *Election) take(ctx context.Context) error {
	select {
	case e.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Election) give() { <-e.turn }

// ours reports whether the lock was written by this value.
func (e *Election) ours(lock Lock) bool {
	return lock.Owner == e.worker && strings.HasPrefix(lock.Version, e.life) && !lock.Released
}

// version returns a version that nobody has used. Requires e.known.
func (e *Election) version() string {
	e.known.beats++
	return e.life + strconv.Itoa(e.known.beats)
}

// acquire takes the lock that is as seen. Requires e.known.
func (e *Election) acquire(ctx context.Context, seen *Lock) (bool, error) {
	next := Lock{Owner: e.worker, Duration: e.opts.Duration, Version: e.version()}
	err := e.store.AcquireLock(ctx, seen, next)
	switch {
	case err == nil:
		e.known.held = &next
		return true, nil
	case errors.Is(err, ErrConflict):
		return false, nil
	}
	return false, fmt.Errorf("acquire leader lock: %w", err)
}
