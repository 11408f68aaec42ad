package lease

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// fleet is the picture of an application that a leader assigns on: what every
// worker that lives has to do, and what it would have after the decisions
// taken so far.
type fleet struct {
	policy  Policy
	leases  []Aged
	workers []*load // sorted by name
	byName  map[string]*load
	// weight is the throughput of each lease in KB/s, the average where it is
	// not known, and 1 when nothing is read at all, so that leases of idle
	// streams are spread too.
	weight map[string]float64
	// average is that of each metric over the workers that report it.
	average map[string]float64
	// target is the throughput that each worker would have, were all the same.
	target  float64
	decided map[string]*Decision
	order   []*Decision
	rng     *rand.Rand
}

// load is what one worker has to do.
type load struct {
	name       string
	reported   time.Duration      // the age of its report
	suspect    bool               // it let a lease expire and has not reported since
	metrics    map[string]float64 // running averages
	limits     map[string]float64 // the operating range
	throughput float64
	leases     []Aged // those that counted for it before the first decision
	held, open int    // how many count for it now, and how many of them have not ended
}

// newFleet draws the picture.
func newFleet(v View, p Policy, rng *rand.Rand) *fleet {
	f := &fleet{policy: p, leases: v.Leases, byName: map[string]*load{}, decided: map[string]*Decision{}, rng: rng}
	for _, w := range v.Workers {
		if w.standing(p) == working {
			l := &load{name: w.Worker, reported: w.Age, metrics: map[string]float64{}, limits: map[string]float64{}}
			f.byName[l.name] = l
			f.workers = append(f.workers, l)
		}
	}
	slices.SortFunc(f.workers, func(a, b *load) int { return strings.Compare(a.name, b.name) })
	f.weigh()
	for _, a := range v.Leases {
		// A lease that is being handed over counts where it goes to.
		if l := f.byName[a.Owner]; l != nil {
			l.leases = append(l.leases, a)
			f.count(l, a, 1)
		}
	}
	for _, a := range v.Leases {
		if l := f.byName[a.Holder()]; l != nil && a.Expired(p.Failover) && l.reported >= a.Age {
			l.suspect = true
		}
	}
	byThroughput := slices.ContainsFunc(v.Workers, func(w Reported) bool {
		return f.byName[w.Worker] != nil && w.reportsNothing()
	})
	for _, w := range v.Workers {
		switch l := f.byName[w.Worker]; {
		case l == nil:
		case byThroughput:
			l.measureThroughput(f.target)
		default:
			l.measure(w.WorkerStats, p.Alpha)
		}
	}
	f.average = averages(f.workers)
	return f
}

// weigh fills in weight and target.
func (f *fleet) weigh() {
	var sum, known float64
	for _, a := range f.leases {
		if a.HasThroughput {
			sum += a.Throughput
			known++
		}
	}
	unknown := 1.0
	if sum > 0 {
		unknown = sum / known
	}
	f.weight = make(map[string]float64, len(f.leases))
	total := 0.0
	for _, a := range f.leases {
		weight := unknown
		switch {
		case a.Ended():
			weight = 0
		case sum > 0 && a.HasThroughput:
			weight = a.Throughput
		}
		f.weight[a.Key] = weight
		total += weight
	}
	f.target = total / float64(max(1, len(f.workers)))
}

// measure fills in the metrics of a worker that reports some.
func (l *load) measure(s WorkerStats, alpha float64) {
	for name, values := range s.Metrics {
		l.metrics[name] = runningAverage(values, alpha)
		l.limits[name] = float64(s.OperatingRange[name][0])
	}
}

// measureThroughput measures a worker by its throughput instead, in percent of
// the target. So it goes with all workers as soon as one of them reports
// nothing: there would be no metric in which it can be compared with the others,
// and leases would not move between them. (So it is with the KCL, whose leader
// measures by throughput only those that report nothing: spec clients §3.7.)
func (l *load) measureThroughput(target float64) {
	l.metrics[MetricThroughput], l.limits[MetricThroughput] = 0, 100
	if target > 0 {
		l.metrics[MetricThroughput] = 100 * l.throughput / target
	}
}

// runningAverage returns the exponential average of the values, those that
// could not be captured left out.
func runningAverage(values []float64, alpha float64) float64 {
	average, any := 0.0, false
	for _, v := range values {
		switch {
		case v == NotCaptured:
		case any:
			average += alpha * (v - average)
		default:
			average, any = v, true
		}
	}
	return average
}

// averages returns the average of each metric over the workers that have it.
func averages(workers []*load) map[string]float64 {
	sums, counts := map[string]float64{}, map[string]float64{}
	for _, l := range workers {
		for name, value := range l.metrics {
			sums[name] += value
			counts[name]++
		}
	}
	for name := range sums {
		sums[name] /= counts[name]
	}
	return sums
}

// room reports whether the worker may be given another lease.
//
// One that was killed counts as working until its reports are missed, which
// takes a minute. It must not be given its own leases back meanwhile, nor
// those of others.
func (f *fleet) room(l *load) bool {
	return !l.suspect && l.throughput <= f.policy.MaxThroughput && l.held < f.policy.MaxLeases
}

// headroom returns by which part of itself the load of a worker may grow
// before a metric reaches the average, for the metric where that is least. A
// metric of 0 may grow by its whole (spec clients §3.7).
func (f *fleet) headroom(l *load) float64 {
	least := math.Inf(1)
	for name, value := range l.metrics {
		ratio := 1.0
		if value != 0 {
			ratio = (f.average[name] - value) / value
		}
		least = min(least, ratio)
	}
	return least
}

// added returns what a metric of a worker is expected to be with one more
// lease.
func (f *fleet) added(l *load, metric string, weight float64) float64 {
	if f.target <= 0 {
		return l.metrics[metric]
	}
	return l.metrics[metric] + weight*f.average[metric]/f.target
}

// overloads reports whether one more lease would bring a metric of the worker
// above the average or its operating range.
func (f *fleet) overloads(l *load, weight float64) bool {
	for name := range l.metrics {
		if value := f.added(l, name, weight); value > f.average[name] || value > l.limits[name] {
			return true
		}
	}
	return false
}

// roomiest returns the worker with the greatest headroom that may be given
// another lease, nil when there is none. Of equals it is the one with the
// fewest leases: workers that have read nothing yet are all equal. One worker
// may be left out.
func (f *fleet) roomiest(but *load) *load {
	var best *load
	var most float64
	for _, l := range f.workers {
		if l == but || !f.room(l) {
			continue
		}
		room := f.headroom(l)
		if best == nil || room > most || room == most && l.open < best.open {
			best, most = l, room
		}
	}
	return best
}

// count counts a lease for a worker, or with -1 no longer.
func (f *fleet) count(l *load, a Aged, n int) {
	l.held += n
	l.throughput += float64(n) * f.weight[a.Key]
	if !a.Ended() {
		l.open += n
	}
}

// move decides that the worker gets the lease, and counts it for the worker.
func (f *fleet) move(a Aged, to *load) {
	if from := f.byName[a.Owner]; from != to {
		if from != nil {
			f.count(from, a, -1)
		}
		for name := range to.metrics {
			to.metrics[name] = f.added(to, name, f.weight[a.Key])
		}
		f.count(to, a, 1)
	}
	d := &Decision{Lease: a.Lease, Worker: to.name, Handoff: f.graceful(a)}
	f.decided[a.Key] = d
	f.order = append(f.order, d)
}

// graceful reports whether the holder of the lease is to be asked first.
func (f *fleet) graceful(a Aged) bool {
	return !f.policy.NoHandoff && !a.Available(f.policy.Failover) && !a.Ended() && !a.InHandoff()
}

// movable returns the leases of a worker that may be moved to even out the load,
// in random order.
func (f *fleet) movable(l *load) []Aged {
	leases := slices.DeleteFunc(slices.Clone(l.leases), func(a Aged) bool { return !f.mayMove(a) })
	f.rng.Shuffle(len(leases), func(i, j int) { leases[i], leases[j] = leases[j], leases[i] })
	return leases
}

// mayMove reports whether a lease may be moved to even out the load: it is in
// good hands, has something left to read, and was not touched in this run.
func (f *fleet) mayMove(a Aged) bool {
	return f.decided[a.Key] == nil && !a.Available(f.policy.Failover) && !a.Ended() && !a.InHandoff()
}
