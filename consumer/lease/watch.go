package lease

import (
	"math"
	"time"
)

// Never is the age of a lease whose counter nobody has ever moved.
const Never = time.Duration(math.MaxInt64)

// Watch remembers what one observer saw of a store, so that it can tell how
// old things are without believing anybody's clock: a lease is as old as the
// time since its counter was seen to move (spec clients §3.5).
//
// The times given to a Watch must come from one clock and carry its monotonic
// reading, as those of time.Now do. The zero value has seen nothing. A Watch
// must not be used concurrently.
type Watch struct {
	leases map[string]sighting
	stats  map[string]report
}

// sighting is what a Watch remembers of a lease.
type sighting struct {
	counter                int64
	moved                  time.Time // zero: never
	owner, checkpointOwner string
	handoff                time.Time // when this hand-off was first seen
}

// report is what a Watch remembers of a worker's stats.
type report struct {
	updated time.Time // the worker's word, compared only with itself
	moved   time.Time
}

// View is a Listing together with the ages that an observer knows.
type View struct {
	Leases     []Aged
	Workers    []Reported
	Unreadable int
}

// Aged is a lease and how long ago its counter was seen to move.
type Aged struct {
	Lease
	// Age is Never for a lease that had no owner when it was first seen and
	// has not moved since; one that had an owner was new at that moment.
	Age time.Duration
	// HandoffAge is how long ago the hand-off that is under way was first seen.
	HandoffAge time.Duration
}

// Expired reports whether the holder, if there is one, has not renewed the
// lease for longer than the failover time.
func (a Aged) Expired(failover time.Duration) bool { return a.Age > failover }

// Available reports whether the lease can be given to anybody: nobody holds
// it, or the holder has not renewed it for longer than the failover time.
func (a Aged) Available(failover time.Duration) bool {
	return a.Holder() == "" || a.Expired(failover)
}

// Reported is a worker's report and how long ago it was seen to change.
type Reported struct {
	WorkerStats
	// Age of a report that is seen for the first time is taken from the
	// worker's clock, since there is nothing better; a worker that lives tells
	// more within ReportInterval.
	Age time.Duration
}

// Observe returns the ages of what was listed at a moment, which is when the
// listing was complete. What is no longer listed is forgotten.
func (w *Watch) Observe(now time.Time, all Listing) View {
	v := View{Unreadable: all.Unreadable}
	leases := make(map[string]sighting, len(all.Leases))
	for _, l := range all.Leases {
		s := w.sight(now, l)
		leases[l.Key] = s
		a := Aged{Lease: l, Age: Never}
		if !s.moved.IsZero() {
			a.Age = now.Sub(s.moved)
		}
		if l.InHandoff() {
			a.HandoffAge = now.Sub(s.handoff)
		}
		v.Leases = append(v.Leases, a)
	}
	stats := make(map[string]report, len(all.Stats))
	for _, s := range all.Stats {
		r, known := w.stats[s.Worker]
		switch {
		case !known:
			r = report{s.Updated, now.Add(-max(0, now.Sub(s.Updated)))}
		case !r.updated.Equal(s.Updated):
			r = report{s.Updated, now}
		}
		stats[s.Worker] = r
		v.Workers = append(v.Workers, Reported{s, now.Sub(r.moved)})
	}
	w.leases, w.stats = leases, stats
	return v
}

// Note tells the watch that the observer itself has just written l, so that
// this does not pass for a sign of life of the owner.
func (w *Watch) Note(now time.Time, l Lease) {
	if w.leases == nil {
		w.leases = map[string]sighting{}
	}
	w.leases[l.Key] = w.sight(now, l)
}

// sight returns what is to be remembered of a lease seen at a moment.
func (w *Watch) sight(now time.Time, l Lease) sighting {
	s, known := w.leases[l.Key]
	if known && s.counter != l.Counter || !known && l.Holder() != "" {
		s.moved = now
	}
	if !known || s.owner != l.Owner || s.checkpointOwner != l.CheckpointOwner {
		s.handoff = now
	}
	s.counter, s.owner, s.checkpointOwner = l.Counter, l.Owner, l.CheckpointOwner
	return s
}
