package lease

import (
	"cmp"
	"maps"
	"slices"
)

// excess is how much throughput is to be taken from a worker.
type excess struct {
	from *load
	take float64
}

// balanceUtilization moves leases from workers that are busier than the
// average to those that are less so. Every metric is looked at by itself; the
// one that would move most is acted on (spec clients §3.7).
func (f *fleet) balanceUtilization() {
	var worst []excess
	most := -1.0
	for _, metric := range slices.Sorted(maps.Keys(f.average)) {
		found := f.busy(metric)
		total := 0.0
		for _, e := range found {
			total += e.take
		}
		if len(found) > 0 && total > most {
			worst, most = found, total
		}
	}
	slices.SortStableFunc(worst, func(a, b excess) int { return cmp.Compare(b.take, a.take) })
	for _, e := range worst {
		for _, a := range f.choose(e) {
			to := f.roomiest(e.from)
			if to == nil || f.overloads(to, f.weight[a.Key]) {
				break
			}
			f.move(a, to)
		}
	}
}

// busy returns the workers that a metric says should give something, and how
// much. There are none as long as all workers are near the average and within
// their operating ranges; when one is far below it and none far above, the
// busiest gives.
func (f *fleet) busy(metric string) []excess {
	average := f.average[metric]
	upper := average * (1 + f.policy.RebalanceThreshold/100)
	lower := average * (1 - f.policy.RebalanceThreshold/100)
	var above []*load
	var busiest *load
	uneven := false
	for _, l := range f.workers {
		value, ok := l.metrics[metric]
		if !ok {
			continue
		}
		beyond := value > l.limits[metric]
		uneven = uneven || value > upper || value < lower || beyond
		if value >= upper || beyond {
			above = append(above, l)
		}
		if busiest == nil || value > busiest.metrics[metric] {
			busiest = l
		}
	}
	if !uneven {
		return nil
	}
	if len(above) == 0 {
		above = []*load{busiest}
	}
	var found []excess
	for _, l := range above {
		part := 0.0
		if value := l.metrics[metric]; value > 0 {
			part = max(0, (value-average)/value) * f.policy.Dampening / 100
		}
		found = append(found, excess{l, l.throughput * part})
	}
	return found
}

// choose returns leases of a worker, picked at random, that together are less
// than what is to be taken from it; the smallest one when none is and the
// policy allows; and any one when the worker has leases but reads nothing.
func (f *fleet) choose(e excess) []Aged {
	leases := f.movable(e.from)
	if len(leases) == 0 {
		return nil
	}
	if e.from.throughput == 0 {
		return leases[:1]
	}
	var chosen []Aged
	left := e.take
	for _, a := range leases {
		if weight := f.weight[a.Key]; weight < left {
			left -= weight
			chosen = append(chosen, a)
		}
	}
	if len(chosen) == 0 && e.take > 0 && !f.policy.NoOvershoot {
		smallest := slices.MinFunc(leases, func(a, b Aged) int { return cmp.Compare(f.weight[a.Key], f.weight[b.Key]) })
		chosen = append(chosen, smallest)
	}
	return chosen
}

// balanceCounts moves leases from the worker with the most to the one with the
// fewest until they differ by one at most, or the busy ones have none that can
// be moved. Shards that have ended are nothing to do and do not count.
func (f *fleet) balanceCounts() {
	workers := slices.Clone(f.workers)
	giving := map[*load][]Aged{} // what a worker that gives has left to give
	for len(workers) > 1 {
		slices.SortStableFunc(workers, func(a, b *load) int { return cmp.Compare(a.open, b.open) })
		to, from := workers[0], workers[len(workers)-1]
		if from.open-to.open < 2 {
			return
		}
		if !f.room(to) {
			workers = workers[1:]
			continue
		}
		if _, ok := giving[from]; !ok {
			giving[from] = f.movable(from)
		}
		leases := giving[from]
		if len(leases) == 0 {
			workers = workers[:len(workers)-1] // it keeps what it has
			continue
		}
		f.move(leases[0], to)
		giving[from] = leases[1:]
	}
}
