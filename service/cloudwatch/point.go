package cloudwatch

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// point is what was put at one time and in one unit. It is a value: with
// changes neither of two points.
type point struct {
	second           int64 // Unix time at which its period starts
	unit             types.StandardUnit
	count, sum       float64
	minimum, maximum float64
	// samples are the values, ascending, and how often each was there. There
	// are none when all that is known is a set of statistics.
	samples []sample
}

type sample struct{ value, count float64 }

// only returns a point with one value that was there so many times.
func only(second int64, unit types.StandardUnit, value, count float64) point {
	p := point{second: second, unit: unit, count: count, sum: value * count, minimum: value, maximum: value}
	if count > 0 {
		p.samples = []sample{{value, count}}
	}
	return p
}

// with returns both points as one. A point of which nothing was counted has no
// minimum and no maximum.
func (p point) with(q point) point {
	switch {
	case q.count == 0:
		return p
	case p.count == 0:
		q.second, q.unit = p.second, p.unit
		return q
	}
	p.count += q.count
	p.sum += q.sum
	p.minimum = min(p.minimum, q.minimum)
	p.maximum = max(p.maximum, q.maximum)
	if len(p.samples) == 0 || len(q.samples) == 0 {
		p.samples = nil
	} else {
		p.samples = merged(p.samples, q.samples, p.count)
	}
	return p
}

// joined puts neighbours together that are alike. It takes points over.
func joined(points []point, alike func(a, b point) bool) []point {
	left := points[:0]
	for _, p := range points {
		if n := len(left); n > 0 && alike(left[n-1], p) {
			left[n-1] = left[n-1].with(p)
		} else {
			left = append(left, p)
		}
	}
	return left
}

// merged returns the samples of both, no more than maxSamples, of so many values
// in all.
func merged(a, b []sample, count float64) []sample {
	var room [2 * maxSamples]sample
	all := room[:0]
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].value < b[0].value:
			all, a = append(all, a[0]), a[1:]
		case a[0].value > b[0].value:
			all, b = append(all, b[0]), b[1:]
		default:
			all = append(all, sample{a[0].value, a[0].count + b[0].count})
			a, b = a[1:], b[1:]
		}
	}
	all = append(append(all, a...), b...)
	if len(all) > maxSamples {
		all = fewer(all, count)
	}
	return slices.Clone(all)
}

// fewer returns no more than maxSamples: neighbours become their mean where
// together they are a fiftieth of all at most. So any two that are left are more
// than that.
func fewer(all []sample, count float64) []sample {
	few := all[:1]
	for _, x := range all[1:] {
		last := &few[len(few)-1]
		if sum := last.count + x.count; sum <= 2*count/maxSamples {
			*last = sample{last.value*(last.count/sum) + x.value*(x.count/sum), sum}
			continue
		}
		few = append(few, x)
	}
	return few
}

// percentile returns the value below or at which so many of a hundred are. It
// reports false when the values are not known.
func (p point) percentile(percent float64) (float64, bool) {
	switch {
	case len(p.samples) == 0:
		return 0, false
	case percent <= 0:
		return p.minimum, true
	case percent >= 100:
		return p.maximum, true
	}
	rank, below := percent/100*p.count, 0.0
	for _, x := range p.samples {
		if below += x.count; below >= rank {
			return x.value, true
		}
	}
	return p.maximum, true
}

// bytes returns about how much memory the point takes.
func (p *point) bytes() int { return pointBytes + cap(p.samples)*sampleBytes }
