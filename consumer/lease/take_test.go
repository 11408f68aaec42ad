package lease

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// aged returns so many leases of a worker, of an age.
func aged(owner string, n int, age time.Duration) (leases []Aged) {
	for i := range n {
		leases = append(leases, Aged{Lease: Lease{Key: fmt.Sprint(owner, "/", age, "/", i), Owner: owner}, Age: age})
	}
	return leases
}

func together(parts ...[]Aged) (all []Aged) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// TestWant goes through the rules of spec clients §3.5, for the worker "me".
func TestWant(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		name   string
		leases []Aged
		policy Policy
		want   int    // how many are wanted
		from   string // whose they are
		steal  bool
		needed int
	}{
		{"nothing", nil, Policy{}, 0, "", false, 0},
		{"alone, all are new", aged("", 5, Never), Policy{}, 5, "", false, 5},
		{"alone, new ones do not press", aged("", 5, Never), Policy{NoPriority: true}, 5, "", false, 5},
		{"with another, half", together(aged("", 6, 5*second), aged("a", 4, 0)), Policy{}, 5, "", false, 5},
		{"the share is rounded up", together(aged("", 5, 5*second), aged("a", 4, 0)), Policy{}, 5, "", false, 5},
		{"one has expired", together(aged("a", 1, 11*second), aged("a", 4, 0)), Policy{}, 1, "a", false, 3},
		{"none has quite expired", together(aged("a", 1, 10*second), aged("b", 1, 0), aged("me", 1, 0)), Policy{}, 0, "", false, 0},
		{"more workers than leases", together(aged("", 1, 5*second), aged("a", 1, 0)), Policy{}, 1, "", false, 1},
		{"a full share", together(aged("", 2, 5*second), aged("a", 2, 0), aged("me", 3, 0)), Policy{}, 1, "", false, 1},
		{"more than a share", together(aged("a", 1, 0), aged("me", 4, 0)), Policy{}, 0, "", false, -1},
		{"stealing one", aged("a", 10, 0), Policy{}, 1, "a", true, 5},
		{"stealing some", aged("a", 10, 0), Policy{MaxSteal: 3}, 3, "a", true, 5},
		{"stealing what is missing", together(aged("a", 10, 0), aged("me", 6, 0)), Policy{MaxSteal: 9}, 2, "a", true, 2},
		{"stealing from the busiest", together(aged("a", 2, 0), aged("b", 7, 0)), Policy{}, 1, "b", true, 3},
		{"stealing from one that has its share, when two are missing", together(aged("a", 3, 0), aged("b", 3, 0), aged("me", 1, 0)), Policy{}, 1, "a", true, 2},
		{"not when one is missing", together(aged("a", 3, 0), aged("b", 2, 0), aged("me", 2, 0)), Policy{}, 0, "", false, 1},
		{"no more than allowed", aged("", 10, 5*second), Policy{MaxLeases: 3}, 3, "", false, 3},
		{"very old ones whatever the share", together(aged("a", 6, 31*second), aged("b", 1, 0), aged("me", 6, 0)), Policy{}, 6, "a", false, 1},
		{"very old ones within the limit", together(aged("a", 6, 31*second), aged("me", 2, 0)), Policy{MaxLeases: 4}, 2, "a", false, 2},
		{"not very old", together(aged("a", 6, 30*second), aged("b", 1, 0), aged("me", 6, 0)), Policy{}, 1, "a", false, 1},
		{"no room for very old ones", together(aged("a", 2, 31*second), aged("", 2, 5*second), aged("me", 4, 0)), Policy{MaxLeases: 4}, 0, "", false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(20) {
				w := Want("me", c.leases, c.policy, rand.New(rand.NewPCG(seed, 0)))
				if len(w.Leases) != c.want || w.Steal != c.steal || w.Needed != c.needed {
					t.Fatalf("wants %d, steals %v, needs %d; want %d, %v, %d", len(w.Leases), w.Steal, w.Needed, c.want, c.steal, c.needed)
				}
				keys := map[string]bool{}
				for _, l := range w.Leases {
					keys[l.Key] = true
					if l.Owner != c.from {
						t.Fatalf("wants a lease of %q", l.Owner)
					}
				}
				if len(keys) != len(w.Leases) {
					t.Fatal("wants a lease twice")
				}
			}
		})
	}
}

// TestWantSettles has workers take turns until none wants anything: all have
// their share then, whatever order they came in.
func TestWantSettles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ leases, workers int }{{1, 1}, {1, 3}, {7, 2}, {10, 3}, {40, 7}, {5, 5}} {
		leases := aged("", c.leases, Never)
		quiet := 0
		for turn := 0; quiet < c.workers; turn++ {
			if turn > 20*c.leases*c.workers {
				t.Fatalf("%+v: no end", c)
			}
			worker := fmt.Sprint("w", turn%c.workers)
			w := Want(worker, leases, Policy{}, rng)
			quiet++
			for _, l := range w.Leases {
				quiet = 0
				for i := range leases {
					if leases[i].Key == l.Key {
						leases[i].Owner, leases[i].Age = worker, 0
					}
				}
			}
		}
		counts := map[string]int{}
		for _, a := range leases {
			counts[a.Owner]++
		}
		share := (c.leases + c.workers - 1) / c.workers
		for name, n := range counts {
			if n > share || name == "" {
				t.Errorf("%+v: %q has %d, more than %d", c, name, n, share)
			}
		}
	}
}
