package fault_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/fault"
)

// inject returns an injector with the rules in force.
func inject(t *testing.T, rules ...string) *fault.Injector {
	t.Helper()
	i := new(fault.Injector)
	for _, text := range rules {
		r, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := i.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

// call is one of the stream orders.
func call(operation string) fault.Call {
	return fault.Call{Operation: operation, Stream: func() string { return "orders" }, Records: 4}
}

// kinds returns what happens to n calls.
func kinds(i *fault.Injector, operation string, n int) []fault.Kind {
	var list []fault.Kind
	for range n {
		list = append(list, i.Decide(call(operation)).Kind)
	}
	return list
}

func TestMatching(t *testing.T) {
	f := func(rule, operation string, want fault.Kind) {
		t.Helper()
		if got := inject(t, rule).Decide(call(operation)).Kind; got != want {
			t.Errorf("%s: %s gets %q, want %q", rule, operation, got, want)
		}
	}
	f("PutRecord:drop", "PutRecord", fault.Drop)
	f("PutRecord:drop", "PutRecords", fault.None)
	f("*:drop", "PutRecords", fault.Drop)
	f("*:drop:stream=orders", "PutRecords", fault.Drop)
	f("*:drop:stream=Orders", "PutRecords", fault.None)
	if out := (*fault.Injector)(nil).Decide(call("PutRecord")); out.Kind != fault.None {
		t.Errorf("no injector: %+v", out)
	}
}

// TestSeed expects the same decisions for the same seed, others for another,
// and about as many hits as the probability says.
func TestSeed(t *testing.T) {
	run := func(rules ...string) []fault.Kind { return kinds(inject(t, rules...), "PutRecord", 1000) }
	first := run("PutRecord:drop:p=0.1,seed=7")
	if !slices.Equal(first, run("PutRecord:drop:p=0.1,seed=7")) {
		t.Error("the same seed decides otherwise")
	}
	if slices.Equal(first, run("PutRecord:drop:p=0.1,seed=8")) {
		t.Error("another seed decides the same")
	}
	hits := 0
	for _, kind := range first {
		if kind == fault.Drop {
			hits++
		}
	}
	if hits < 60 || hits > 140 {
		t.Errorf("%d hits of 1000 at p=0.1", hits)
	}
	// A rule before it changes nothing about which calls it hits.
	both := run("PutRecord:fail:p=0.5,seed=1", "PutRecord:drop:p=0.1,seed=7")
	for n := range both {
		if both[n] != fault.Fail && both[n] != first[n] {
			t.Fatalf("call %d: %q with another rule, %q without", n, both[n], first[n])
		}
	}
}

// TestPinnedSeed expects a seed to decide as it did in earlier releases.
func TestPinnedSeed(t *testing.T) {
	got := ""
	for _, kind := range kinds(inject(t, "PutRecord:drop:p=0.3,seed=7"), "PutRecord", 40) {
		if kind == fault.Drop {
			got += "x"
		} else {
			got += "."
		}
	}
	if want := "..xx.xx...x...x..x.x.....x.x...xx.....xx"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOrder(t *testing.T) {
	// Bounded rules queue up, whatever they do.
	i := inject(t, "PutRecord:throttle:times=2", "*:delay:times=1,by=1h", "PutRecord:fail:times=1")
	if got := fmt.Sprint(kinds(i, "PutRecord", 2)); got != "[throttle throttle]" {
		t.Errorf("at first %s", got)
	}
	if out := i.Decide(call("PutRecord")); out.Kind != fault.None || out.Delay != time.Hour {
		t.Errorf("third %+v", out)
	}
	if got := fmt.Sprint(kinds(i, "PutRecord", 2)); got != "[fail ]" {
		t.Errorf("at last %s", got)
	}
	if left := i.List(); len(left) != 0 {
		t.Errorf("not used up: %+v", left)
	}
	// Others act together: delays add up, and the first of the rest decides.
	i = inject(t, "*:delay:by=1s", "PutRecord:drop:by=2s", "PutRecord:fail:by=4s", "PutRecord:delay:by=8s")
	if out := i.Decide(call("PutRecord")); out.Kind != fault.Drop || out.Delay != 11*time.Second {
		t.Errorf("together %+v", out)
	}
	hits := []int{}
	for _, a := range i.List() {
		hits = append(hits, a.Matched, a.Hits)
	}
	if want := []int{1, 1, 1, 1, 1, 0, 1, 1}; !slices.Equal(hits, want) || i.Hits() != 1 {
		t.Errorf("matched and hit: %v, want %v; %d calls", hits, want, i.Hits())
	}
}

func TestRecords(t *testing.T) {
	i := inject(t, "PutRecords:throttle-records:p=0.5,seed=3")
	hit, calls := 0, 0
	for range 100 {
		out := i.Decide(call("PutRecords"))
		n := 0
		for _, refused := range out.Records {
			if refused {
				n++
			}
		}
		if (n > 0) != (out.Kind == fault.ThrottleRecords) || n > 0 && len(out.Records) != 4 {
			t.Fatalf("%+v", out)
		}
		hit += n
		if n > 0 {
			calls++
		}
	}
	if hit < 150 || hit > 250 || calls < 80 {
		t.Errorf("%d of 400 records, %d of 100 calls", hit, calls)
	}
}

func TestRemove(t *testing.T) {
	i := inject(t, "PutRecord:drop", "PutRecord:fail")
	if !i.Remove(1) || i.Remove(1) || i.Remove(3) {
		t.Error("removed what is not there, or not what is")
	}
	if got := fmt.Sprint(kinds(i, "PutRecord", 1)); got != "[fail]" {
		t.Errorf("then %s", got)
	}
	i.Reset()
	if got := fmt.Sprint(kinds(i, "PutRecord", 1)); got != "[]" {
		t.Errorf("at last %s", got)
	}
	for range fault.MaxRules {
		if _, err := i.Add(fault.Rule{Operation: "PutRecord", Kind: fault.Drop}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := i.Add(fault.Rule{Operation: "PutRecord", Kind: fault.Drop}); err != fault.ErrTooMany {
		t.Errorf("one too many: %v", err)
	}
}

// TestConcurrent expects exactly as many hits as a rule has, whoever calls.
func TestConcurrent(t *testing.T) {
	i := inject(t, "PutRecord:drop:times=500")
	var wg sync.WaitGroup
	var mu sync.Mutex
	hits := 0
	for range 10 {
		wg.Go(func() {
			for _, kind := range kinds(i, "PutRecord", 100) {
				if kind == fault.Drop {
					mu.Lock()
					hits++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if hits != 500 {
		t.Errorf("%d hits", hits)
	}
}
