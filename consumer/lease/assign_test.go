package lease

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// live returns a worker that has reported just now, without metrics.
func live(name string) Reported {
	return Reported{WorkerStats: WorkerStats{Worker: name, Updated: time.Unix(1, 0)}}
}

// measured returns a worker that reports its CPU, and may use 80 % of it.
func measured(name string, cpu ...float64) Reported {
	r := live(name)
	r.Metrics = map[string][]float64{MetricCPU: cpu}
	r.OperatingRange = map[string][]int64{MetricCPU: {80}}
	return r
}

// busy returns so many leases of a worker that each read so much.
func reading(owner string, n int, each float64) []Aged {
	leases := aged(owner, n, 0)
	for i := range leases {
		leases[i].HasThroughput, leases[i].Throughput = true, each
		leases[i].Key += fmt.Sprint("@", each)
	}
	return leases
}

// edit changes leases.
func edit(leases []Aged, change func(a *Aged)) []Aged {
	for i := range leases {
		change(&leases[i])
	}
	return leases
}

// outcome says to how many decisions of a plan each description fits:
// "from>to" for an assignment and "from>>to" for a hand-off.
func outcome(p Plan) map[string]int {
	counts := map[string]int{}
	for _, d := range p.Decisions {
		arrow := ">"
		if d.Handoff {
			arrow = ">>"
		}
		counts[d.Lease.Holder()+arrow+d.Worker]++
	}
	return counts
}

// TestAssign goes through the rules of spec clients §3.7, one run each.
func TestAssign(t *testing.T) {
	const second = time.Second
	handedOver := func(leases []Aged, to string, age time.Duration) []Aged {
		return edit(leases, func(a *Aged) { a.CheckpointOwner, a.Owner, a.HandoffAge = a.Owner, to, age })
	}
	ended := func(leases []Aged) []Aged { return edit(leases, func(a *Aged) { a.Checkpoint = ShardEnd }) }
	silent := live("c")
	silent.Age = 61 * second
	failing := measured("c", 10, -1)
	invalid := measured("c", 10)
	invalid.OperatingRange[MetricCPU] = []int64{0}
	counted := Policy{Strategy: ByCount}

	for _, c := range []struct {
		name       string
		leases     []Aged
		workers    []Reported
		policy     Policy
		balance    bool
		want       map[string]int
		unassigned int
	}{
		{name: "nothing", want: map[string]int{}},
		{name: "nobody", leases: aged("", 2, Never), want: map[string]int{}, unassigned: 2},
		{
			name: "new leases of an idle stream are spread", leases: aged("", 8, Never), workers: []Reported{live("a"), live("b")},
			want: map[string]int{">a": 4, ">b": 4},
		},
		{
			name: "new leases go where there is room", leases: together(aged("", 2, Never), reading("a", 4, 10)), workers: []Reported{live("a"), live("b")},
			want: map[string]int{">b": 2},
		},
		{
			name: "CPU decides, not the number of leases", leases: together(aged("", 1, Never), reading("a", 1, 10), reading("b", 5, 10)),
			workers: []Reported{measured("a", 70), measured("b", 20)}, want: map[string]int{">b": 1},
		},
		{
			name: "the newest values count most", leases: aged("", 1, Never),
			workers: []Reported{measured("a", 10, 10, 90), measured("b", 90, 20, 20)}, want: map[string]int{">b": 1},
		},
		{
			name: "an expired lease leaves its holder", leases: together(aged("a", 1, 11*second), aged("b", 3, 0)),
			workers: []Reported{{WorkerStats: live("a").WorkerStats, Age: 20 * second}, live("b")}, want: map[string]int{"a>b": 1},
		},
		{
			name: "unless the holder has shown itself since", leases: together(aged("a", 1, 11*second), aged("b", 3, 0)),
			workers: []Reported{{WorkerStats: live("a").WorkerStats, Age: 5 * second}, live("b")}, want: map[string]int{},
		},
		{
			name: "who let one expire is not given others", leases: together(aged("a", 1, 11*second), reading("b", 9, 10), aged("", 1, Never)),
			workers: []Reported{{WorkerStats: live("a").WorkerStats, Age: 20 * second}, live("b")}, balance: true, want: map[string]int{">b": 1, "a>b": 1},
		},
		{
			name: "a lease that is renewed stays with a worker that does not report", leases: aged("c", 1, 9*second),
			workers: []Reported{live("a")}, want: map[string]int{},
		},
		{name: "a silent worker gets nothing", leases: aged("", 3, Never), workers: []Reported{live("a"), silent}, want: map[string]int{">a": 3}},
		{name: "nor one that cannot measure", leases: aged("", 3, Never), workers: []Reported{measured("a", 99), failing}, want: map[string]int{">a": 3}},
		{name: "nor one that makes no sense", leases: aged("", 3, Never), workers: []Reported{measured("a", 99), invalid}, want: map[string]int{">a": 3}},
		{
			name: "no more than a worker may have", leases: aged("", 5, Never), workers: []Reported{live("a"), live("b")}, policy: Policy{MaxLeases: 2},
			want: map[string]int{">a": 2, ">b": 2}, unassigned: 1,
		},
		{
			name: "no more than a worker may read", leases: together(aged("", 2, Never), reading("a", 3, 10)), workers: []Reported{live("a")},
			policy: Policy{MaxThroughput: 29}, want: map[string]int{}, unassigned: 2,
		},
		{
			name: "the longest neglected goes first", leases: together(aged("x", 1, 12*second), aged("y", 1, 40*second), aged("", 1, Never)),
			workers: []Reported{live("a")}, policy: Policy{MaxLeases: 2}, want: map[string]int{">a": 1, "y>a": 1}, unassigned: 1,
		},
		{
			name: "a hand-off is left alone", leases: together(handedOver(reading("a", 1, 10), "b", 40*second), reading("a", 3, 10)),
			workers: []Reported{live("a"), live("b")}, want: map[string]int{},
		},
		{
			name: "until its time is over", leases: handedOver(aged("a", 1, 0), "b", 41*second),
			workers: []Reported{live("a"), live("b"), live("c")}, want: map[string]int{"a>b": 1},
		},
		{
			name: "or its holder dies", leases: handedOver(aged("a", 1, 11*second), "b", 15*second),
			workers: []Reported{live("b"), live("c")}, want: map[string]int{"a>b": 1},
		},
		{
			name: "or both do", leases: handedOver(aged("a", 1, 11*second), "b", 15*second),
			workers: []Reported{live("c")}, want: map[string]int{"a>c": 1},
		},
		{
			name: "a hand-off at the end of a shard is left alone too", leases: ended(handedOver(aged("a", 1, 0), "b", 41*second)),
			workers: []Reported{live("a"), live("b")}, want: map[string]int{},
		},
		{
			name: "a shard that has ended needs a worker too", leases: ended(aged("a", 1, 11*second)),
			workers: []Reported{live("b")}, want: map[string]int{"a>b": 1},
		},
		{
			name: "balancing takes its time", leases: reading("a", 4, 10), workers: []Reported{live("a"), live("b")},
			want: map[string]int{},
		},
		{
			name: "a part of the excess is moved", leases: reading("a", 10, 10), workers: []Reported{live("a"), live("b")}, balance: true,
			want: map[string]int{"a>>b": 2}, // excess 50 of 100, 60 % of it is 30, and the sum must stay below
		},
		{
			name: "without asking, if so wished", leases: reading("a", 10, 10), workers: []Reported{live("a"), live("b")}, balance: true,
			policy: Policy{NoHandoff: true}, want: map[string]int{"a>b": 2},
		},
		{
			name: "all of the excess undampened", leases: reading("a", 10, 10), workers: []Reported{live("a"), live("b")}, balance: true,
			policy: Policy{Dampening: 100}, want: map[string]int{"a>>b": 4},
		},
		{
			name: "the smallest when none is small enough", leases: together(reading("a", 1, 11), reading("a", 2, 9)), workers: []Reported{live("a"), live("b")}, balance: true,
			policy: Policy{Dampening: 50}, want: map[string]int{"a>>b": 1},
		},
		{
			name: "or none", leases: together(reading("a", 1, 11), reading("a", 2, 9)), workers: []Reported{live("a"), live("b")}, balance: true,
			policy: Policy{Dampening: 50, NoOvershoot: true}, want: map[string]int{},
		},
		{
			name: "idle streams are evened out", leases: edit(aged("a", 8, 0), func(a *Aged) { a.HasThroughput = true }), workers: []Reported{live("a"), live("b")}, balance: true,
			want: map[string]int{"a>>b": 2},
		},
		{
			name: "nearly even is even", leases: together(reading("a", 11, 10), reading("b", 10, 10)), workers: []Reported{live("a"), live("b")}, balance: true,
			want: map[string]int{},
		},
		{
			name: "a lease too many is not passed to and fro", leases: together(reading("a", 2, 10), reading("b", 1, 10)), workers: []Reported{live("a"), live("b")}, balance: true,
			want: map[string]int{},
		},
		{
			name: "an idle worker gets something though none is far above", leases: together(reading("a", 5, 10), reading("b", 5, 10), reading("c", 5, 10)),
			workers: []Reported{measured("a", 41), measured("b", 40), measured("c", 40), measured("d", 30)}, balance: true,
			policy: Policy{RebalanceThreshold: 15}, want: map[string]int{},
		},
		{
			name: "beyond the operating range", leases: together(reading("a", 5, 10), reading("b", 5, 10)),
			workers: []Reported{measured("a", 82), measured("b", 76)}, balance: true,
			want: map[string]int{}, // b would be above the average with it
		},
		{
			name: "a hot worker gives", leases: together(reading("a", 5, 10), reading("b", 5, 10)),
			workers: []Reported{measured("a", 90), measured("b", 20)}, balance: true,
			want: map[string]int{"a>>b": 1},
		},
		{
			name: "as long as one worker reports nothing throughput decides", leases: together(reading("a", 10, 10), reading("b", 2, 10)),
			workers: []Reported{measured("a", 10), live("b")}, balance: true,
			want: map[string]int{"a>>b": 2}, // excess 40 of 100, 60 % of it is 24
		},
		{
			name: "which one that cannot measure now does not", leases: together(reading("a", 5, 10), reading("b", 5, 10)),
			workers: []Reported{measured("a", 90), measured("b", 20), failing}, balance: true,
			want: map[string]int{"a>>b": 1},
		},
		{
			name: "a worker that reads nothing gives one", leases: together(reading("a", 3, 0), reading("b", 1, 10)),
			workers: []Reported{measured("a", 90), measured("b", 10)}, balance: true,
			want: map[string]int{"a>>b": 1},
		},
		{
			name: "what has ended is not moved", leases: ended(reading("a", 10, 10)), workers: []Reported{live("a"), live("b")}, balance: true,
			want: map[string]int{},
		},
		{
			name: "what is on its way counts where it goes", leases: together(handedOver(reading("a", 5, 10), "b", 0), reading("a", 5, 10)),
			workers: []Reported{live("a"), live("b")}, balance: true, want: map[string]int{},
		},
		{
			name: "by count: new ones go to who has fewest", leases: together(aged("", 3, Never), reading("a", 4, 0), reading("b", 2, 99)),
			workers: []Reported{measured("a", 1), measured("b", 99)}, policy: counted, want: map[string]int{">a": 1, ">b": 2},
		},
		{
			name: "by count: evened out at once", leases: reading("a", 9, 10), workers: []Reported{live("a"), live("b"), live("c")}, policy: counted, balance: true,
			want: map[string]int{"a>>b": 3, "a>>c": 3},
		},
		{
			name: "by count: one too many stays", leases: together(reading("a", 3, 10), reading("b", 2, 10)), workers: []Reported{live("a"), live("b")}, policy: counted, balance: true,
			want: map[string]int{},
		},
		{
			name: "by count: what is on its way counts where it goes", leases: together(handedOver(reading("a", 2, 10), "b", 0), reading("a", 2, 10)),
			workers: []Reported{live("a"), live("b")}, policy: counted, balance: true, want: map[string]int{},
		},
		{
			name: "by count: what has ended does not count", leases: together(ended(reading("a", 8, 10)), reading("b", 2, 10)),
			workers: []Reported{live("a"), live("b")}, policy: counted, balance: true, want: map[string]int{"b>>a": 1},
		},
		{
			name: "by count: a worker that may be dead is passed over", leases: together(aged("a", 1, 11*second), reading("b", 9, 10), reading("c", 5, 10)),
			workers: []Reported{{WorkerStats: live("a").WorkerStats, Age: 20 * second}, live("b"), live("c")}, policy: counted, balance: true,
			want: map[string]int{"a>c": 1, "b>>c": 1},
		},
		{
			name: "by count: within the limit", leases: reading("a", 9, 10), workers: []Reported{live("a"), live("b")}, balance: true,
			policy: Policy{Strategy: ByCount, MaxLeases: 2}, want: map[string]int{"a>>b": 2},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(10) {
				p := Assign(View{Leases: c.leases, Workers: c.workers}, c.policy, c.balance, rand.New(rand.NewPCG(seed, 1)))
				if got := outcome(p); fmt.Sprint(got) != fmt.Sprint(c.want) || p.Unassigned != c.unassigned {
					t.Fatalf("decided %v, %d unassigned; want %v, %d", got, p.Unassigned, c.want, c.unassigned)
				}
			}
		})
	}
}

// TestAssignRules draws applications and checks what must hold of any plan.
func TestAssignRules(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	worker := rapid.SampledFrom(names)
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{
			Strategy:  rapid.SampledFrom([]Strategy{ByUtilization, ByCount}).Draw(t, "strategy"),
			MaxLeases: rapid.SampledFrom([]int{0, 0, 3}).Draw(t, "max"),
			NoHandoff: rapid.Bool().Draw(t, "direct"),
		}
		var v View
		assignable := map[string]bool{}
		for _, name := range names {
			if !rapid.Bool().Draw(t, "exists") {
				continue
			}
			w := rapid.SampledFrom([]Reported{live(name), measured(name, 30), measured(name, 30, -1), measured(name)}).Draw(t, name)
			w.Age = time.Duration(rapid.IntRange(0, 90).Draw(t, "reported")) * time.Second
			v.Workers = append(v.Workers, w)
			assignable[name] = w.Age <= time.Minute && !w.anyFailing()
		}
		held := map[string]int{}
		byKey := map[string]Aged{}
		for i := range rapid.IntRange(0, 12).Draw(t, "leases") {
			a := Aged{Lease: Lease{Key: fmt.Sprint(i), Checkpoint: TrimHorizon}, Age: Never}
			if rapid.Bool().Draw(t, "owned") {
				a.Owner = worker.Draw(t, "owner")
				a.Age = time.Duration(rapid.IntRange(0, 20).Draw(t, "age")) * time.Second
				if rapid.IntRange(0, 3).Draw(t, "handoff") == 0 {
					a.CheckpointOwner = worker.Draw(t, "holder")
					a.HandoffAge = time.Duration(rapid.IntRange(0, 80).Draw(t, "since")) * time.Second
				}
			}
			if rapid.IntRange(0, 4).Draw(t, "end") == 0 {
				a.Checkpoint = ShardEnd
			}
			a.HasThroughput = rapid.Bool().Draw(t, "known")
			a.Throughput = float64(rapid.IntRange(0, 50).Draw(t, "throughput"))
			v.Leases = append(v.Leases, a)
			byKey[a.Key] = a
			held[a.Owner]++
		}
		before := held
		after := map[string]int{}
		for name, n := range before {
			after[name] = n
		}
		plan := Assign(v, p, rapid.Bool().Draw(t, "balance"), rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		p = p.withDefaults()
		suspect := map[string]bool{}
		for _, w := range v.Workers {
			for _, a := range v.Leases {
				suspect[w.Worker] = suspect[w.Worker] || a.Holder() == w.Worker && a.Expired(p.Failover) && w.Age >= a.Age
			}
		}
		decided := map[string]bool{}
		for _, d := range plan.Decisions {
			a := byKey[d.Lease.Key]
			switch {
			case suspect[d.Worker]:
				t.Fatalf("%s goes to %s, which may be dead", d.Lease.Key, d.Worker)
			case decided[d.Lease.Key]:
				t.Fatalf("%s is given away twice", d.Lease.Key)
			case !assignable[d.Worker]:
				t.Fatalf("%s goes to %s", d.Lease.Key, d.Worker)
			case a.Owner == d.Worker && !a.InHandoff():
				t.Fatalf("%s goes to its owner", d.Lease.Key)
			case a.InHandoff() && !a.Expired(p.Failover) && (a.HandoffAge <= p.HandoffTimeout+p.Failover || a.Ended()):
				t.Fatalf("%s is taken out of a hand-off: %+v", d.Lease.Key, a)
			case a.Ended() && !a.Available(p.Failover):
				t.Fatalf("%s has ended and is moved", d.Lease.Key)
			case d.Handoff != (!p.NoHandoff && !a.Available(p.Failover) && !a.InHandoff()):
				t.Fatalf("%s is handed over: %v, %+v", d.Lease.Key, d.Handoff, a)
			}
			decided[d.Lease.Key] = true
			after[a.Owner]--
			after[d.Worker]++
		}
		for name, n := range after {
			if name != "" && n > p.MaxLeases && n > before[name] {
				t.Fatalf("%s has %d leases, and had %d", name, n, before[name])
			}
		}
		for _, a := range v.Leases {
			room := slices.ContainsFunc(v.Workers, func(w Reported) bool {
				return assignable[w.Worker] && !suspect[w.Worker] && after[w.Worker] < p.MaxLeases
			})
			if a.Holder() == "" && !decided[a.Key] && room {
				t.Fatalf("%s has been left to nobody", a.Key)
			}
		}
	})
}
