package lease

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
)

// Decision is what a leader decided about one lease.
type Decision struct {
	// Lease is as it was seen; writing the decision expects it so.
	Lease Lease
	// Worker is who gets it.
	Worker string
	// Handoff says that the holder is asked to finish first.
	Handoff bool
}

// Plan is what a leader decided in one run.
type Plan struct {
	// Decisions hold each lease at most once, the most urgent first.
	Decisions []Decision
	// Available counts the leases that nobody held or that had expired,
	// Unassigned those of them for which there was no worker with room, and
	// Moved the decisions that are there to even out the load.
	Available, Unassigned, Moved int
}

// Assign decides who gets which lease, as the leader of an application does
// (spec clients §3.7). Leases that nobody holds, or whose holder has let them
// expire or does not finish a hand-off in time, go to the worker with the most
// room, the longest neglected first. When balance is set, leases are then
// moved from busy workers to idle ones. Leases that are being handed over are
// left alone until then, and workers without a recent report get nothing.
//
// It decides on the view alone; rng picks which leases of a busy worker are
// moved.
func Assign(v View, p Policy, balance bool, rng *rand.Rand) Plan {
	f := newFleet(v, p.withDefaults(), rng)
	if f.policy.Strategy == ByCount {
		for _, l := range f.workers {
			clear(l.metrics) // all are equally busy then, but for the number of leases
		}
	}
	plan := Plan{}
	plan.Available, plan.Unassigned = f.assignAvailable()
	settled := len(f.order)
	if balance {
		switch f.policy.Strategy {
		case ByUtilization:
			f.balanceUtilization()
		case ByCount:
			f.balanceCounts()
		}
	}
	plan.Moved = len(f.order) - settled
	for _, d := range f.order {
		plan.Decisions = append(plan.Decisions, *d)
	}
	return plan
}

// assignAvailable gives away the leases that need a worker, and returns how
// many there were and for how many there was nobody.
func (f *fleet) assignAvailable() (available, unassigned int) {
	var urgent []Aged
	for _, a := range f.leases {
		if a.Available(f.policy.Failover) {
			urgent = append(urgent, a)
			available++
		} else if f.overdue(a) {
			urgent = append(urgent, a)
		}
	}
	slices.SortFunc(urgent, func(a, b Aged) int {
		return cmp.Or(cmp.Compare(b.Age, a.Age), strings.Compare(a.Key, b.Key))
	})
	for _, a := range urgent {
		switch to := f.heir(a); {
		case to == nil:
			unassigned++
		case to.name == a.Owner && !a.InHandoff():
			// It is alive and will find the lease among its own.
		default:
			f.move(a, to)
		}
	}
	return available, unassigned
}

// heir returns the worker that is to have a lease that needs one, nil when
// there is none with room. A lease that was being handed over goes where it was
// going.
func (f *fleet) heir(a Aged) *load {
	if to := f.byName[a.Owner]; a.InHandoff() && to != nil && !to.suspect {
		return to
	}
	return f.roomiest(nil)
}

// overdue reports whether the lease is being handed over and the holder goes
// on beyond the time it was given: HandoffTimeout, and the Failover time to
// hear of it.
func (f *fleet) overdue(a Aged) bool {
	return a.InHandoff() && !a.Ended() && a.HandoffAge > f.policy.HandoffTimeout+f.policy.Failover
}
