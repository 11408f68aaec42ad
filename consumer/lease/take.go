package lease

import (
	"math/rand/v2"
	"slices"
	"time"
)

// veryOld is after how many failover times a lease that nobody renews is taken
// by whoever sees it.
const veryOld = 3

// Wanted is what a worker in 2.x mode decided to take.
type Wanted struct {
	// Leases are those to take, with [Leases.Take]. Steal says that they belong
	// to another worker, which is alive: when listing took longer than half a
	// [Policy.RenewInterval], each should be read again before.
	Leases []Lease
	Steal  bool
	// The rest is for metrics (spec clients §3.12). Needed is how many more
	// leases would be the worker's share, and Spillover by how much its share
	// exceeds what it may have.
	Workers, Expired, VeryOld, Needed, Spillover int
}

// Want decides which leases a worker takes for itself in an application whose
// workers are of KCL 2.x, or are to act as if they were (spec clients §3.5).
// rng keeps workers from all wanting the same ones.
func Want(worker string, leases []Aged, p Policy, rng *rand.Rand) Wanted {
	p = p.withDefaults()
	counts := map[string]int{worker: 0}
	var available, old []Aged
	for _, a := range leases {
		if a.Age > veryOld*p.Failover {
			old = append(old, a)
		}
		if a.Available(p.Failover) {
			available = append(available, a)
		} else {
			counts[a.Owner]++
		}
	}
	w := Wanted{Workers: len(counts), Expired: len(available)}
	if len(leases) == 0 {
		return w
	}
	target := 1
	if len(counts) < len(leases) {
		target = (len(leases) + len(counts) - 1) / len(counts)
		w.Spillover = max(0, target-p.MaxLeases)
		target = min(target, p.MaxLeases)
	}
	w.Needed = target - counts[worker]
	switch {
	case len(old) > 0 && !p.NoPriority:
		w.Leases = pick(old, p.MaxLeases-counts[worker], rng)
		w.VeryOld = len(w.Leases)
	case w.Needed <= 0:
	case len(available) > 0:
		w.Leases = pick(available, w.Needed, rng)
	default:
		w.Leases = steal(leases, counts, target, w.Needed, p, rng)
		w.Steal = len(w.Leases) > 0
	}
	return w
}

// steal returns leases of the worker that has most.
func steal(leases []Aged, counts map[string]int, target, needed int, p Policy, rng *rand.Rand) []Lease {
	most := ""
	for name, n := range counts {
		if most == "" || n > counts[most] || n == counts[most] && name < most {
			most = name
		}
	}
	over := counts[most] - target
	if over < 0 {
		return nil
	}
	n := min(needed, over)
	if n == 0 && needed > 1 {
		n = 1
	}
	theirs := slices.DeleteFunc(slices.Clone(leases), func(a Aged) bool { return a.Owner != most })
	return pick(theirs, min(n, p.MaxSteal), rng)
}

// pick returns up to n of the leases, at random.
func pick(leases []Aged, n int, rng *rand.Rand) []Lease {
	leases = slices.Clone(leases)
	rng.Shuffle(len(leases), func(i, j int) { leases[i], leases[j] = leases[j], leases[i] })
	var picked []Lease
	for _, a := range leases[:min(max(n, 0), len(leases))] {
		picked = append(picked, a.Lease)
	}
	return picked
}

// The times at which workers in 2.x mode work out anew who leads them.
const (
	FirstElection2x    = time.Minute
	ElectionInterval2x = 5 * time.Minute
)

// Leads2x reports whether the worker is the leader of an application in 2.x
// mode: everybody works out the same one from the same leases, without asking.
// While no lease has an owner, everybody leads (spec clients §3.5).
func Leads2x(worker string, leases []Lease) bool {
	var owners []string
	for _, l := range leases {
		if l.Owner != "" {
			owners = append(owners, l.Owner)
		}
	}
	if len(owners) == 0 {
		return true
	}
	slices.SortFunc(owners, compareJava)
	owners = slices.Compact(owners)
	shuffleJava(owners, leaderSeed)
	return owners[0] == worker
}
