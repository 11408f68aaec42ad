package cloudwatch

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Series is all that was put of one metric in one unit, since it was first put.
type Series struct {
	Account, Region string
	Namespace, Name string
	Dimensions      []types.Dimension // by name; not to be changed
	Unit            types.StandardUnit
	Count, Sum      float64
}

// total is what a metric has of a series.
type total struct {
	unit       types.StandardUnit
	count, sum float64
}

// countLocked adds what was put to its series. There are no more than maxSeries:
// those that came first, as long as their metrics are there. What is of others,
// or of a metric whose names are longer than maxSeriesNames, is left out, and
// counted. Requires s.mu.
func (s *Service) countLocked(m *metric, p point) {
	if strings.HasPrefix(m.namespace, reserved) {
		return // its figures are shown by themselves
	}
	for i := range m.totals {
		if t := &m.totals[i]; t.unit == p.unit {
			t.count += p.count
			t.sum += p.sum
			return
		}
	}
	if s.series == maxSeries || len(m.key) > maxSeriesNames {
		s.leftOut++
		return
	}
	s.series++
	m.totals = append(m.totals, total{p.unit, p.count, p.sum})
}

// EachSeries calls visit with what clients have put, of up to 1000 metrics and
// units, the names of each no longer than 1 KiB together.
func (s *Service) EachSeries(visit func(Series)) {
	for _, one := range s.allSeries(s.clock.Now()) {
		visit(one)
	}
}

func (s *Service) allSeries(now time.Time) []Series {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Series, 0, s.series)
	for _, a := range s.accounts {
		s.expireLocked(a, now)
		for _, m := range a.metrics {
			for _, t := range m.totals {
				all = append(all, Series{m.account.name, m.region, m.namespace, m.name, m.dimensions, t.unit, t.count, t.sum})
			}
		}
	}
	return all
}

// Figures are counts of the service itself.
type Figures struct {
	Metrics int    // that there are
	Bytes   int    // that they take, about
	Evicted uint64 // metrics that had to go because there was no room
	LeftOut uint64 // data that were put and that EachSeries does not have
}

// Figures returns the counts of now.
func (s *Service) Figures() Figures {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := Figures{Bytes: s.bytes, Evicted: s.evicted, LeftOut: s.leftOut}
	for _, a := range s.accounts {
		f.Metrics += len(a.metrics)
	}
	return f
}
