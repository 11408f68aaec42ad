package cloudwatch

import (
	"cmp"
	"container/list"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
)

// identity is what makes a metric another than the next.
type identity struct {
	account, region string
	namespace, name string
	dimensions      []types.Dimension // sorted by name
}

// identify returns the identity of a metric of the caller.
func identify(c api.Caller, namespace, name string, dimensions []types.Dimension) identity {
	sorted := slices.SortedStableFunc(slices.Values(dimensions), func(a, b types.Dimension) int {
		return cmp.Compare(aws.ToString(a.Name), aws.ToString(b.Name))
	})
	return identity{c.Account, c.Region, namespace, name, sorted}
}

// key identifies a metric in its account. Its parts are quoted, so that none
// runs into the next.
func (id identity) key() string {
	var b strings.Builder
	for _, part := range []string{id.region, id.namespace, id.name} {
		b.WriteString(strconv.Quote(part))
	}
	for _, d := range id.dimensions {
		b.WriteString(strconv.Quote(aws.ToString(d.Name)))
		b.WriteString(strconv.Quote(aws.ToString(d.Value)))
	}
	return b.String()
}

// metric is what was put under one identity. Service.mu guards all that changes.
type metric struct {
	identity
	key       string
	minutes   []point // by time and unit; of everything
	seconds   []point // the same of what was put in high resolution
	totals    []total // of its series; see countLocked
	putMillis int64   // when it was put last
	account   *account
	place     *list.Element // in account.byPut
}

// bytes returns about how much memory the metric takes: its names stand in its
// key as well.
func (m *metric) bytes() int {
	n := metricBytes + 2*len(m.key) + len(m.dimensions)*dimensionBytes
	for _, points := range [][]point{m.minutes, m.seconds} {
		for i := range points {
			n += points[i].bytes()
		}
	}
	return n
}

// add counts what was put at a second, in its minute and, in high resolution,
// by itself. It returns by how much the metric grew, in bytes.
func (m *metric) add(p point, highResolution bool, now time.Time) (grown int) {
	if highResolution {
		m.seconds, grown = add(m.seconds, p, maxSeconds, now)
	}
	p.second -= p.second % 60
	points, more := add(m.minutes, p, maxMinutes, now)
	m.minutes = points
	return grown + more
}

// add merges a point into the one of its time and unit. Beyond most, and past
// retention, the oldest go.
func add(points []point, p point, most int, now time.Time) (left []point, grown int) {
	i, found := slices.BinarySearchFunc(points, p, byTimeAndUnit)
	if found {
		grown = -points[i].bytes()
		points[i] = points[i].with(p)
		grown += points[i].bytes()
	} else {
		points = slices.Insert(points, i, p)
		grown = p.bytes()
	}
	horizon := now.Add(-retention).Unix()
	for len(points) > most || points[0].second < horizon {
		grown -= points[0].bytes()
		points[0] = point{} // with its samples
		points = points[1:]
	}
	return points, grown
}

// span is what is asked of a metric: Unix seconds from start to before end, in
// periods of so many seconds from the start on.
type span struct {
	start, end, period int64
	unit               types.StandardUnit // empty for all
	samples            bool               // whether percentiles are asked for
}

// newSpan returns the span that begins with the minute of start, or with its
// second when periods are shorter.
func newSpan(start, end time.Time, period int32) span {
	s := span{start: start.Unix(), end: end.Unix(), period: int64(period)}
	s.start -= s.start % min(s.period, 60)
	return s
}

// within returns a copy of the points in a span. A period of less than a minute is
// of what was put in high resolution.
func (m *metric) within(s span, now time.Time) []point {
	points := m.minutes
	if s.period < 60 {
		points = m.seconds
	}
	at := func(second int64) int {
		i, _ := slices.BinarySearchFunc(points, second, func(p point, second int64) int { return cmp.Compare(p.second, second) })
		return i
	}
	from, to := at(max(s.start, now.Add(-retention).Unix())), at(s.end)
	return slices.Clone(points[from:max(from, to)])
}

// periods returns, of points in the span, one for each period and unit in which
// something was put, by time and unit. It takes points over.
func (s span) periods(points []point) []point {
	points = slices.DeleteFunc(points, func(p point) bool { return s.unit != "" && p.unit != s.unit })
	for i := range points {
		p := &points[i]
		p.second -= (p.second - s.start) % s.period
		if !s.samples {
			p.samples = nil // which takes most of the work
		}
	}
	slices.SortStableFunc(points, byTimeAndUnit)
	return joined(points, func(a, b point) bool { return byTimeAndUnit(a, b) == 0 })
}

func byTimeAndUnit(a, b point) int {
	return cmp.Or(cmp.Compare(a.second, b.second), cmp.Compare(a.unit, b.unit))
}
