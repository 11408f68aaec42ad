package lease

import (
	"testing"
	"time"
)

// seen is what a view says of one lease.
func seen(t *testing.T, v View, key string) Aged {
	t.Helper()
	for _, a := range v.Leases {
		if a.Key == key {
			return a
		}
	}
	t.Fatalf("%s is not in the view", key)
	return Aged{}
}

// TestWatchAges follows one lease of each kind through the listings of two
// minutes.
func TestWatchAges(t *testing.T) {
	var w Watch
	begin := time.Now()
	owned := Lease{Key: "owned", Owner: "a", Counter: 5}
	unowned := Lease{Key: "unowned"}
	look := func(after time.Duration) View {
		return w.Observe(begin.Add(after), Listing{Leases: []Lease{owned, unowned}})
	}
	check := func(v View, key string, want time.Duration) {
		t.Helper()
		if got := seen(t, v, key).Age; got != want {
			t.Errorf("%s is %v old, want %v", key, got, want)
		}
	}
	v := look(0)
	check(v, "owned", 0)
	check(v, "unowned", Never)
	v = look(20 * time.Second)
	check(v, "owned", 20*time.Second)
	check(v, "unowned", Never)
	owned.Counter++
	unowned.Owner, unowned.Counter = "b", 1
	v = look(40 * time.Second)
	check(v, "owned", 0)
	check(v, "unowned", 0)
	// A counter that went back, because the lease was made anew, has moved too.
	owned.Counter = 0
	v = look(60 * time.Second)
	check(v, "owned", 0)
	check(v, "unowned", 20*time.Second)
	if a := seen(t, v, "unowned"); !a.Expired(10*time.Second) || a.Expired(20*time.Second) || !a.Available(10*time.Second) || a.Available(30*time.Second) {
		t.Errorf("a lease of 20 seconds: %+v", a)
	}
	if a := (Aged{Lease: Lease{Key: "x"}, Age: 0}); !a.Available(time.Hour) || a.Expired(time.Hour) {
		t.Error("a lease that nobody holds is not available")
	}

	// What was not listed was forgotten.
	w.Observe(begin.Add(80*time.Second), Listing{})
	check(look(100*time.Second), "owned", 0)
}

func TestWatchHandoff(t *testing.T) {
	var w Watch
	begin := time.Now()
	l := Lease{Key: "s", Owner: "a", Counter: 1}
	look := func(after time.Duration) time.Duration {
		l.Counter++
		return seen(t, w.Observe(begin.Add(after), Listing{Leases: []Lease{l}}), "s").HandoffAge
	}
	for _, c := range []struct {
		after                  time.Duration
		owner, checkpointOwner string
		want                   time.Duration
	}{
		{0, "a", "", 0},
		{10, "a", "", 0}, // there is none, however long it has not been there
		{20, "b", "a", 0},
		{30, "b", "a", 10},
		{45, "b", "a", 25},
		{50, "c", "a", 0}, // another one
		{60, "c", "a", 10},
		{70, "c", "", 0},
	} {
		l.Owner, l.CheckpointOwner = c.owner, c.checkpointOwner
		if got := look(c.after * time.Second); got != c.want*time.Second {
			t.Errorf("after %d s the hand-off is %v old, want %d s", c.after, got, c.want)
		}
	}
}

// TestWatchNote has an observer write a lease itself: the owner must not look
// alive for that.
func TestWatchNote(t *testing.T) {
	var w Watch
	begin := time.Now()
	l := Lease{Key: "s"}
	w.Observe(begin, Listing{Leases: []Lease{l}})
	l.Owner, l.Counter = "a", 1
	w.Note(begin.Add(time.Second), l)
	if got := seen(t, w.Observe(begin.Add(21*time.Second), Listing{Leases: []Lease{l}}), "s").Age; got != 20*time.Second {
		t.Errorf("the lease is %v old", got)
	}
}

// TestWatchReports judges workers whose clocks are wrong by an hour.
func TestWatchReports(t *testing.T) {
	var w Watch
	begin := time.Now()
	const hour = time.Hour
	clocks := map[string]time.Duration{"right": 0, "ahead": hour, "behind": -hour}
	reported := begin
	look := func(after time.Duration) map[string]time.Duration {
		var all Listing
		for name, off := range clocks {
			all.Stats = append(all.Stats, WorkerStats{Worker: name, Updated: reported.Add(off)})
		}
		ages := map[string]time.Duration{}
		for _, r := range w.Observe(begin.Add(after), all).Workers {
			ages[r.Worker] = r.Age.Round(time.Second)
		}
		return ages
	}
	// Nothing better is known at first than what they say.
	if got := look(5 * time.Second); got["right"] != 5*time.Second || got["ahead"] != 0 || got["behind"] != hour+5*time.Second {
		t.Errorf("at first: %v", got)
	}
	reported = begin.Add(30 * time.Second)
	for name, age := range look(31 * time.Second) {
		if age != 0 {
			t.Errorf("%s has just reported: %v", name, age)
		}
	}
	for name, age := range look(91 * time.Second) {
		if age != time.Minute {
			t.Errorf("%s has not reported for a minute: %v", name, age)
		}
	}
}
