package lease_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
)

// fataler is a testing.T or a rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// application is a store with an Assigner and workers that do what they
// should, in steps of the time between two runs of the Assigner.
type application struct {
	t        fataler
	ctx      context.Context
	store    *faultyStore
	assigner *lease.Assigner
	policy   lease.Policy
	now      time.Time
	live     map[string]bool
	reads    map[string]float64 // throughput by lease
}

// faultyStore fails to list while it is down.
type faultyStore struct {
	*memlease.Store
	down bool
}

var errDown = errors.New("store is down")

func (s *faultyStore) List(ctx context.Context) (lease.Listing, error) {
	if s.down {
		return lease.Listing{}, errDown
	}
	return s.Store.List(ctx)
}

func newApplication(t fataler, policy lease.Policy) *application {
	a := &application{
		t: t, ctx: context.Background(), store: &faultyStore{Store: memlease.New()}, policy: policy, now: time.Now(),
		live: map[string]bool{}, reads: map[string]float64{},
	}
	a.assigner = lease.NewAssigner(a.store, policy, func() time.Time { return a.now })
	return a
}

// must fails on an error.
func (a *application) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatalf("%v", err)
	}
}

// leases adds so many leases that each read so much.
func (a *application) leases(n int, each float64) {
	for range n {
		key := fmt.Sprintf("shardId-%012d", len(a.reads))
		a.reads[key] = each
		_, err := a.store.Create(a.ctx, lease.New("", key, lease.TrimHorizon))
		a.must(err)
	}
}

// step lets the time between two runs pass, in which the workers work, and runs
// the Assigner.
func (a *application) step() lease.Outcome {
	a.t.Helper()
	a.now = a.now.Add(a.policy.AssignInterval())
	for name := range a.live {
		a.work(name)
	}
	out, err := a.assigner.Run(a.ctx)
	a.must(err)
	return out
}

// work has a worker report, renew what it holds, and finish what it hands over.
func (a *application) work(name string) {
	a.must(a.store.PutStats(a.ctx, lease.WorkerStats{Worker: name, Updated: a.now}))
	all, err := a.store.Store.List(a.ctx)
	a.must(err)
	for _, l := range all.Leases {
		if l.Holder() != name {
			continue
		}
		l.HasThroughput, l.Throughput = true, a.reads[l.Key]
		l, err := lease.Renew(a.ctx, a.store, name, l)
		a.must(err)
		if l.InHandoff() {
			_, err := a.store.Assign(a.ctx, l, l.Owner)
			a.must(err)
		}
	}
}

// counts returns how many leases each worker holds.
func (a *application) counts() map[string]int {
	all, err := a.store.Store.List(a.ctx)
	a.must(err)
	counts := map[string]int{}
	for _, l := range all.Leases {
		counts[l.Holder()]++
	}
	return counts
}

// settle runs until nothing has been decided for three rounds of balancing, and
// fails when that does not happen.
func (a *application) settle() {
	a.t.Helper()
	for quiet, steps := 0, 0; quiet < 9; steps++ {
		if steps > 300 {
			a.t.Fatalf("still busy after %d steps: %v", steps, a.counts())
		}
		quiet++
		if out := a.step(); out.Written > 0 || out.Available > 0 {
			quiet = 0
		}
	}
}

func TestAssigner(t *testing.T) {
	a := newApplication(t, lease.Policy{})
	a.leases(12, 10)
	a.live["one"] = true
	a.settle()
	if got := a.counts(); got["one"] != 12 {
		t.Fatalf("alone: %v", got)
	}
	a.live["two"], a.live["three"] = true, true
	a.settle()
	if got := a.counts(); got["one"] != 4 || got["two"] != 4 || got["three"] != 4 {
		t.Fatalf("three workers: %v", got)
	}
	delete(a.live, "two")
	a.settle()
	if got := a.counts(); got["two"] != 0 || got["one"] != 6 {
		t.Fatalf("one of them was killed: %v", got)
	}
	out := a.step()
	if out.Leases != 12 || out.Workers != 2 || out.Failing+out.Invalid+out.Unreadable+out.Conflicts != 0 {
		t.Errorf("outcome %+v", out)
	}
	// A day later its report goes.
	a.now = a.now.Add(24 * time.Hour)
	a.step()
	all, err := a.store.Store.List(a.ctx)
	if err != nil || len(all.Stats) != 2 {
		t.Errorf("reports %+v, %v", all.Stats, err)
	}
}

// TestAssignerConverges draws workers and leases, has some of the workers die
// and others come, and demands that the application comes to rest each time,
// with every lease in the hands of a worker that lives, and evenly so where
// the leases are alike.
func TestAssignerConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newApplication(t, lease.Policy{
			Strategy:  rapid.SampledFrom([]lease.Strategy{lease.ByUtilization, lease.ByCount}).Draw(t, "strategy"),
			NoHandoff: rapid.Bool().Draw(t, "direct"),
		})
		alike := rapid.Bool().Draw(t, "alike")
		n := rapid.IntRange(1, 20).Draw(t, "leases")
		for range n {
			each := 10.0
			if !alike {
				each = float64(rapid.IntRange(0, 40).Draw(t, "throughput"))
			}
			a.leases(1, each)
		}
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			name := fmt.Sprint("w", rapid.IntRange(0, 4).Draw(t, "worker"))
			if a.live[name] && len(a.live) > 1 {
				delete(a.live, name)
			} else {
				a.live[name] = true
			}
			a.settle()
			counts := a.counts()
			share := float64(n) / float64(len(a.live))
			for holder, held := range counts {
				if !a.live[holder] {
					t.Fatalf("%q holds %d leases: %v", holder, held, counts)
				}
				if over := float64(held) - share; alike && over >= 1+share/10 {
					t.Fatalf("%q holds %d leases, the share is %.2f: %v", holder, held, share, counts)
				}
			}
		}
	})
}

// TestAssignerWhenBlind has the store fail for two minutes, in which nobody can
// renew anything. All holders are alive, so nothing must be taken from them.
func TestAssignerWhenBlind(t *testing.T) {
	a := newApplication(t, lease.Policy{})
	a.leases(6, 10)
	a.live["one"], a.live["two"] = true, true
	a.settle()
	a.store.down = true
	for range 6 {
		a.now = a.now.Add(a.policy.AssignInterval())
		if _, err := a.assigner.Run(a.ctx); !errors.Is(err, errDown) {
			t.Fatalf("error is %v", err)
		}
	}
	a.store.down = false
	// The leader is the first to reach the store again.
	if out, err := a.assigner.Run(a.ctx); err != nil || out.Available != 0 || out.Written != 0 {
		t.Errorf("outcome %+v, %v", out, err)
	}
	if out := a.step(); out.Available != 0 || out.Written != 0 {
		t.Errorf("outcome %+v", out)
	}
}

// TestAssignerConflict has a lease change between a look at it and the writing.
func TestAssignerConflict(t *testing.T) {
	store := memlease.New()
	ctx := t.Context()
	now := time.Now()
	if _, err := store.Create(ctx, lease.New("", "s", lease.Latest)); err != nil {
		t.Fatal(err)
	}
	if err := store.PutStats(ctx, lease.WorkerStats{Worker: "w", Updated: now}); err != nil {
		t.Fatal(err)
	}
	overtaken := &overtakenStore{Store: store}
	out, err := lease.NewAssigner(overtaken, lease.Policy{}, func() time.Time { return now }).Run(ctx)
	if err != nil || out.Conflicts != 1 || out.Written != 0 || out.Available != 1 {
		t.Errorf("outcome %+v, %v", out, err)
	}
}

// overtakenStore has another leader assign each lease a moment earlier.
type overtakenStore struct{ *memlease.Store }

func (s *overtakenStore) Assign(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	if _, err := s.Store.Assign(ctx, l, "other"); err != nil {
		return lease.Lease{}, err
	}
	return s.Store.Assign(ctx, l, worker)
}
