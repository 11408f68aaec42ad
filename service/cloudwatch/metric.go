package cloudwatch

import (
	"cmp"
	"container/list"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
)

const (
	// maxPoints bounds the points of a metric: twelve hours of minutes.
	maxPoints = 720
	// maxBytes bounds all metrics of all accounts: some 1500 with all their
	// points. For more, those that were put longest ago go.
	maxBytes = 64 << 20

	pointBytes  = 56
	metricBytes = 512 // of a metric without its names and points
)

// metric is what was put under one name and one set of dimensions.
type metric struct {
	key        string
	owner      string // see ownerOf
	namespace  string
	name       string
	dimensions []types.Dimension // sorted by name
	points     []point           // by time and unit
	putMillis  int64             // when it was put last
	place      *list.Element     // in Service.byPut
}

// point is what was put of one period and unit.
type point struct {
	second           int64 // Unix time of the period's start
	unit             types.StandardUnit
	count, sum       float64
	minimum, maximum float64
}

// ownerOf is the account and region whose metrics a caller sees.
func ownerOf(c api.Caller) string { return c.Account + "/" + c.Region }

// keyOf identifies a metric. Its parts are quoted, so that none runs into the
// next.
func keyOf(owner, namespace, name string, sorted []types.Dimension) string {
	var b strings.Builder
	b.WriteString(strconv.Quote(owner))
	b.WriteString(strconv.Quote(namespace))
	b.WriteString(strconv.Quote(name))
	for _, d := range sorted {
		b.WriteString(strconv.Quote(aws.ToString(d.Name)))
		b.WriteString(strconv.Quote(aws.ToString(d.Value)))
	}
	return b.String()
}

func sorted(dimensions []types.Dimension) []types.Dimension {
	return slices.SortedFunc(slices.Values(dimensions), func(a, b types.Dimension) int {
		return cmp.Compare(aws.ToString(a.Name), aws.ToString(b.Name))
	})
}

// add merges a point into the one of its period and unit. Beyond maxPoints the
// oldest goes. It returns by how much the metric grew, in bytes.
func (m *metric) add(p point) int {
	i, found := slices.BinarySearchFunc(m.points, p, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.second, b.second), cmp.Compare(a.unit, b.unit))
	})
	if found {
		m.points[i] = m.points[i].with(p)
		return 0
	}
	m.points = slices.Insert(m.points, i, p)
	if len(m.points) > maxPoints {
		m.points = slices.Delete(m.points, 0, 1)
		return 0
	}
	return pointBytes
}

// with returns both points as one. A point of which nothing was counted has no
// minimum and no maximum.
func (p point) with(q point) point {
	switch {
	case q.count == 0:
		return p
	case p.count == 0:
		return q
	}
	p.count += q.count
	p.sum += q.sum
	p.minimum = min(p.minimum, q.minimum)
	p.maximum = max(p.maximum, q.maximum)
	return p
}

// bytes returns about how much memory the metric takes: its names stand in its
// key as well.
func (m *metric) bytes() int { return metricBytes + 2*len(m.key) + len(m.points)*pointBytes }

// metric returns the metric with the key of made, which it becomes if there is
// none, as the one that was put last. s.mu is held.
func (s *Service) metric(made metric) *metric {
	if m, ok := s.metrics[made.key]; ok {
		s.byPut.MoveToBack(m.place)
		return m
	}
	m := &made
	m.place = s.byPut.PushBack(m)
	s.metrics[m.key] = m
	s.bytes += m.bytes()
	return m
}

// evict lets those metrics go that were put longest ago, until the rest is
// within maxBytes. s.mu is held.
func (s *Service) evict() {
	for s.bytes > maxBytes {
		m := s.byPut.Remove(s.byPut.Front()).(*metric)
		delete(s.metrics, m.key)
		s.bytes -= m.bytes()
	}
}
