package lease

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// maxAssignWrites is how many decisions an Assigner writes at a time. They
// wait for the network, not for a processor.
const maxAssignWrites = 16

// Assigner does what the leader of an application does every
// [Policy.AssignInterval]: it looks at all leases and all workers, decides who
// gets what, and writes it. It must not be used concurrently.
type Assigner struct {
	store  Store
	policy Policy
	now    func() time.Time
	rng    *rand.Rand
	watch  Watch
	runs   int
}

// NewAssigner returns an Assigner that has seen nothing. A worker makes a new
// one each time that it becomes the leader. A nil now is time.Now.
func NewAssigner(store Store, policy Policy, now func() time.Time) *Assigner {
	if now == nil {
		now = time.Now
	}
	return &Assigner{
		store: store, policy: policy.withDefaults(), now: now,
		rng: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
	}
}

// Outcome is what a run of an Assigner did, in the terms of the KCL's metrics
// (spec clients §3.12).
type Outcome struct {
	// Leases are all there are, and Unreadable the rows that may be more.
	Leases, Unreadable int
	// Workers are those that can be given leases, Failing those that cannot
	// read one of their metrics, Invalid those whose reports make no sense.
	Workers, Failing, Invalid int
	// Available, Unassigned and Moved are those of the Plan.
	Available, Unassigned, Moved int
	// Written counts the decisions that took effect and Conflicts those that
	// came too late.
	Written, Conflicts int
	// Balanced says that evening out was part of the run.
	Balanced bool
	// Loading, Planning and Writing are how long each took.
	Loading, Planning, Writing time.Duration
}

// Run does it once. After an error some of the decisions may have been written;
// that a lease was not as expected is no error, the next run will see. When the
// store could not be read, all that was known of ages is forgotten: what was
// not renewed meanwhile perhaps could not be.
func (a *Assigner) Run(ctx context.Context) (Outcome, error) {
	begin := a.now()
	all, err := a.store.List(ctx)
	if err != nil {
		a.watch = Watch{}
		return Outcome{}, fmt.Errorf("list leases: %w", err)
	}
	listed := a.now()
	v := a.watch.Observe(listed, all)
	balance := a.runs%a.policy.BalanceEvery == 0
	a.runs++
	plan := Assign(v, a.policy, balance, a.rng)
	out := Outcome{
		Leases: len(v.Leases), Unreadable: v.Unreadable, Balanced: balance,
		Available: plan.Available, Unassigned: plan.Unassigned, Moved: plan.Moved,
	}
	for _, w := range v.Workers {
		switch w.standing(a.policy) {
		case working:
			out.Workers++
		case failing:
			out.Failing++
		case invalid:
			out.Invalid++
		}
	}
	planned := a.now()
	out.Written, out.Conflicts, err = a.write(ctx, plan.Decisions)
	err = errors.Join(err, a.forget(ctx, v.Workers))
	out.Loading, out.Planning, out.Writing = listed.Sub(begin), planned.Sub(listed), a.now().Sub(planned)
	return out, err
}

// write carries the decisions out, several at a time.
func (a *Assigner) write(ctx context.Context, decisions []Decision) (written, conflicts int, err error) {
	var mu sync.Mutex // guards the results and the watch
	var g errgroup.Group
	g.SetLimit(maxAssignWrites)
	for _, d := range decisions {
		g.Go(func() error {
			row, err := a.carryOut(ctx, d)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, ErrConflict):
				conflicts++
				return nil
			case err != nil:
				return fmt.Errorf("assign %s to %s: %w", d.Lease.Key, d.Worker, err)
			}
			written++
			a.watch.Note(a.now(), row)
			return nil
		})
	}
	err = g.Wait()
	return written, conflicts, err
}

// carryOut writes one decision and returns the lease as it became.
func (a *Assigner) carryOut(ctx context.Context, d Decision) (Lease, error) {
	if d.Handoff {
		return a.store.Handoff(ctx, d.Lease, d.Worker)
	}
	return a.store.Assign(ctx, d.Lease, d.Worker)
}

// forget deletes the reports of workers that are long gone.
func (a *Assigner) forget(ctx context.Context, workers []Reported) error {
	var errs []error
	for _, w := range workers {
		if w.Age > a.policy.StatsTTL {
			errs = append(errs, a.store.DeleteStats(ctx, w.Worker))
		}
	}
	return errors.Join(errs...)
}
