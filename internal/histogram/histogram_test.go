package histogram_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/histogram"
)

func TestHistogram(t *testing.T) {
	bounds := []time.Duration{time.Millisecond, time.Second}
	h := histogram.New(bounds)
	for _, d := range []time.Duration{-1, 0, time.Millisecond, time.Millisecond + 1, time.Second, time.Minute} {
		h.Observe(d)
	}
	s := h.Snapshot()
	if want := []uint64{3, 2, 1}; !slices.Equal(s.Counts, want) || !slices.Equal(s.Bounds, bounds) {
		t.Errorf("%v in %v, want %v", s.Counts, s.Bounds, want)
	}
	if s.Count() != 6 {
		t.Errorf("%d in all", s.Count())
	}
	if want := time.Minute + time.Second + 2*time.Millisecond; s.Sum != want {
		t.Errorf("sum %v, want %v", s.Sum, want)
	}
}

func TestConcurrent(t *testing.T) {
	h := histogram.New([]time.Duration{10})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for d := range time.Duration(1000) {
				h.Observe(d)
			}
		})
	}
	wg.Wait()
	if s := h.Snapshot(); s.Counts[0] != 44 || s.Counts[1] != 3956 || s.Sum != 4*499500 {
		t.Errorf("%+v", s)
	}
}
