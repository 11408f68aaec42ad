package lease_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
)

// election is a store, a clock and some candidates.
type election struct {
	*testing.T
	store *lossyStore
	now   time.Time
}

// lossyStore does not do, or does and loses the answer to, what it is told to.
type lossyStore struct {
	*memlease.Store
	failing, losing bool
	reads           int
}

var errLost = errors.New("connection reset")

func (s *lossyStore) Lock(ctx context.Context) (lease.Lock, error) {
	s.reads++
	if s.failing {
		return lease.Lock{}, errLost
	}
	return s.Store.Lock(ctx)
}

func (s *lossyStore) AcquireLock(ctx context.Context, seen *lease.Lock, next lease.Lock) error {
	return s.lossy(func() error { return s.Store.AcquireLock(ctx, seen, next) })
}

func (s *lossyStore) Heartbeat(ctx context.Context, held lease.Lock, version string) error {
	return s.lossy(func() error { return s.Store.Heartbeat(ctx, held, version) })
}

func (s *lossyStore) lossy(write func() error) error {
	if s.failing {
		return errLost
	}
	if err := write(); err != nil || !s.losing {
		return err
	}
	return errLost
}

func newElection(t *testing.T) *election {
	return &election{T: t, store: &lossyStore{Store: memlease.New()}, now: time.Now()}
}

// candidate returns a worker's part.
func (e *election) candidate(name string) *lease.Election {
	return lease.NewElection(e.store, name, lease.ElectionOptions{Now: func() time.Time { return e.now }})
}

// expect fails unless the candidate leads, or does not.
func (e *election) expect(c *lease.Election, want bool) {
	e.Helper()
	if got, err := c.IsLeader(e.Context()); err != nil || got != want {
		e.Fatalf("leads: %v, %v, want %v", got, err, want)
	}
}

// beat has the candidate give signs of life for a while.
func (e *election) beat(c *lease.Election, d time.Duration) {
	e.Helper()
	for end := e.now.Add(d); e.now.Before(end); {
		e.now = e.now.Add(c.HeartbeatInterval())
		if err := c.Heartbeat(e.Context()); err != nil {
			e.Fatal(err)
		}
	}
}

func TestElection(t *testing.T) {
	e := newElection(t)
	a, b := e.candidate("a"), e.candidate("b")
	e.expect(a, true)
	e.expect(b, false)
	for range 10 {
		e.beat(a, time.Minute)
		e.expect(a, true)
		e.expect(b, false)
	}
	// The leader falls silent. Two minutes after b has seen its last sign, b
	// takes over.
	e.expect(b, false)
	for range 4 {
		e.now = e.now.Add(30 * time.Second)
		e.expect(b, false)
	}
	e.now = e.now.Add(31 * time.Second)
	e.expect(b, true)
	if err := a.Heartbeat(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.expect(a, false)
	e.expect(b, true)
}

// TestElectionAsksRarely counts how often a worker that does not lead reads the
// lock.
func TestElectionAsksRarely(t *testing.T) {
	e := newElection(t)
	a, b := e.candidate("a"), e.candidate("b")
	e.expect(a, true)
	e.store.reads = 0
	for range 60 {
		e.expect(b, false)
		e.now = e.now.Add(time.Second)
	}
	if e.store.reads != 2 {
		t.Errorf("the lock was read %d times in a minute", e.store.reads)
	}
}

func TestElectionRelease(t *testing.T) {
	e := newElection(t)
	a, b := e.candidate("a"), e.candidate("b")
	e.expect(a, true)
	e.expect(b, false)
	for _, c := range []*lease.Election{a, b} { // b has nothing to release
		if err := c.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	e.expect(a, false) // it lets others have it first
	e.now = e.now.Add(31 * time.Second)
	e.expect(b, true)
	e.expect(a, false)
}

// TestElectionOneOfMany has workers start at the same time.
func TestElectionOneOfMany(t *testing.T) {
	store := memlease.New()
	leads := make([]bool, 10)
	var wg sync.WaitGroup
	for i := range leads {
		wg.Go(func() {
			var err error
			if leads[i], err = lease.NewElection(store, fmt.Sprint(i), lease.ElectionOptions{}).IsLeader(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	leaders := 0
	for _, l := range leads {
		if l {
			leaders++
		}
	}
	if leaders != 1 {
		t.Errorf("%d workers lead", leaders)
	}
}

// TestElectionSameName has a worker come back under its name: the lock that it
// finds is that of somebody who may still be there.
func TestElectionSameName(t *testing.T) {
	e := newElection(t)
	e.expect(e.candidate("a"), true)
	again := e.candidate("a")
	e.expect(again, false)
	e.now = e.now.Add(121 * time.Second)
	e.expect(again, true)
}

// TestElectionLostAnswers has every write arrive and every answer be lost.
func TestElectionLostAnswers(t *testing.T) {
	e := newElection(t)
	a := e.candidate("a")
	e.store.losing = true
	if leads, err := a.IsLeader(t.Context()); leads || !errors.Is(err, errLost) {
		t.Fatalf("leads: %v, %v", leads, err)
	}
	e.expect(a, true) // it finds its name
	for range 3 {
		err := a.Heartbeat(t.Context())
		if err == nil { // the one before had arrived, and this one noticed
			continue
		}
		if !errors.Is(err, errLost) {
			t.Fatal(err)
		}
	}
	e.expect(a, true)
	e.store.losing = false
	for range 2 {
		if err := a.Heartbeat(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	e.expect(a, true)
	b := e.candidate("b")
	e.expect(b, false)
}

// TestElectionStoreDown has the leader be cut off: it must not act as one, and
// is one again when it comes back before another.
func TestElectionStoreDown(t *testing.T) {
	e := newElection(t)
	a := e.candidate("a")
	e.expect(a, true)
	e.store.failing = true
	if leads, err := a.IsLeader(t.Context()); leads || !errors.Is(err, errLost) {
		t.Fatalf("leads: %v, %v", leads, err)
	}
	if err := a.Heartbeat(t.Context()); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	e.now = e.now.Add(10 * time.Minute)
	e.store.failing = false
	e.expect(a, true)
	if err := a.Heartbeat(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.expect(a, true)
}

// silentStore takes a call and says nothing until it is told to.
type silentStore struct {
	*memlease.Store
	asked, answer chan struct{}
}

func (s *silentStore) Lock(ctx context.Context) (lease.Lock, error) {
	s.asked <- struct{}{}
	<-s.answer
	return s.Store.Lock(ctx)
}

// TestElectionStoreSilent has one caller wait for the store: another one waits
// no longer than it wants to.
func TestElectionStoreSilent(t *testing.T) {
	store := &silentStore{memlease.New(), make(chan struct{}), make(chan struct{})}
	e := lease.NewElection(store, "a", lease.ElectionOptions{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if leads, err := e.IsLeader(t.Context()); err != nil || !leads {
			t.Errorf("in the end: %v, %v", leads, err)
		}
	})
	<-store.asked
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.IsLeader(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("IsLeader: %v", err)
	}
	if err := e.Heartbeat(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Heartbeat: %v", err)
	}
	close(store.answer)
	wg.Wait()
}
