package cloudwatch

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
)

const (
	// maxMetrics bounds the metrics of all accounts. For one more, the one that
	// was put longest ago goes.
	maxMetrics = 2000
	// maxPoints bounds the points of a metric: twelve hours of minutes. With
	// maxMetrics that is under 120 MB.
	maxPoints = 720
)

// metric is what was put under one name and one set of dimensions.
type metric struct {
	owner      string // see ownerOf
	namespace  string
	name       string
	dimensions []types.Dimension // sorted by name
	points     []point           // by time and unit
	putMillis  int64             // when it was put last
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
	b.WriteString(owner)
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
// oldest goes.
func (m *metric) add(p point) {
	i, found := slices.BinarySearchFunc(m.points, p, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.second, b.second), cmp.Compare(a.unit, b.unit))
	})
	if found {
		m.points[i] = m.points[i].with(p)
		return
	}
	m.points = slices.Insert(m.points, i, p)
	if len(m.points) > maxPoints {
		m.points = slices.Delete(m.points, 0, 1)
	}
}

// with returns both points as one.
func (p point) with(q point) point {
	p.count += q.count
	p.sum += q.sum
	p.minimum = min(p.minimum, q.minimum)
	p.maximum = max(p.maximum, q.maximum)
	return p
}

// metric returns the metric with the key, and makes it as made has it. s.mu is
// held.
func (s *Service) metric(key string, made metric) *metric {
	if m, ok := s.metrics[key]; ok {
		return m
	}
	if len(s.metrics) == maxMetrics {
		oldest := ""
		for k, m := range s.metrics {
			if oldest == "" || m.putMillis < s.metrics[oldest].putMillis {
				oldest = k
			}
		}
		delete(s.metrics, oldest)
	}
	s.metrics[key] = &made
	return &made
}
