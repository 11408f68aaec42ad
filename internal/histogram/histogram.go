// Package histogram counts how long things took, cheaply enough for every call.
package histogram

import (
	"sync/atomic"
	"time"
)

// Histogram counts durations by size. It is safe for concurrent use.
type Histogram struct {
	bounds []time.Duration // ascending; shared by all histograms of a kind
	counts []atomic.Uint64 // of each bound, and one more for what is above the last
	sum    atomic.Int64
}

// New returns an empty histogram with the upper bounds, which are ascending and
// do not change.
func New(bounds []time.Duration) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Observe counts one duration. One that is equal to a bound counts below it.
func (h *Histogram) Observe(d time.Duration) {
	i := 0
	for i < len(h.bounds) && d > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// Snapshot is what a histogram holds. It is not of one moment: what is counted
// meanwhile may be missing in the sum.
type Snapshot struct {
	Bounds []time.Duration
	// Counts are, for each bound, the durations up to it; and at last those
	// above all.
	Counts []uint64
	Sum    time.Duration
}

// Count returns how many durations were counted.
func (s Snapshot) Count() uint64 {
	n := uint64(0)
	for _, count := range s.Counts {
		n += count
	}
	return n
}

// Snapshot returns what the histogram holds now.
func (h *Histogram) Snapshot() Snapshot {
	s := Snapshot{Bounds: h.bounds, Counts: make([]uint64, len(h.counts)), Sum: time.Duration(h.sum.Load())}
	for i := range h.counts {
		s.Counts[i] = h.counts[i].Load()
	}
	return s
}
