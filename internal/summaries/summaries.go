// Package summaries adds up statistic sets, as CloudWatch takes them, and shows
// them to Prometheus.
package summaries

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
)

// idle is how long after its last set a series goes. Shards end and workers
// leave, and their series must not pile up; Prometheus has read them by then.
const idle = time.Hour

// Set is what was measured of one thing since the last Set of it.
type Set struct {
	Name, Unit              string
	Dimensions              []Dimension
	At                      time.Time
	Count, Sum, Least, Most float64
}

// Dimension tells apart sets of one name.
type Dimension struct{ Name, Value string }

// Summaries are a prometheus.Collector of summaries: the number and the sum of
// all values and, as the quantiles 0 and 1, the least and the most of the last
// set. The methods may be called concurrently.
type Summaries struct {
	prefix     string
	dimensions []string
	labels     []string // their names

	mu struct {
		sync.Mutex
		descs  map[string]*prometheus.Desc // by the name of sets
		series map[string]*series          // by that and the values of the labels
	}
}

type series struct {
	name   string
	values []string // of the labels
	total  Set      // Least, Most and At are of the last set
}

// New returns Summaries without any series. The names of series begin with the
// prefix, an underscore between; the dimensions become labels, and others are
// left out. Names are written as Prometheus has them: ShardId is shard_id.
func New(prefix string, dimensions ...string) *Summaries {
	s := &Summaries{prefix: prefix, dimensions: dimensions}
	for _, d := range dimensions {
		s.labels = append(s.labels, snake(d))
	}
	s.mu.descs = map[string]*prometheus.Desc{}
	s.mu.series = map[string]*series{}
	return s
}

// Add adds sets to their series, and forgets the series that had none for an
// hour.
func (s *Summaries) Add(sets iter.Seq[Set]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var now time.Time
	for set := range sets {
		s.addLocked(set)
		now = set.At
	}
	for key, x := range s.mu.series {
		if now.Sub(x.total.At) > idle {
			delete(s.mu.series, key)
		}
	}
}

// addLocked requires s.mu.
func (s *Summaries) addLocked(set Set) {
	values := make([]string, len(s.dimensions))
	for _, d := range set.Dimensions {
		if i := slices.Index(s.dimensions, d.Name); i >= 0 {
			// What is no UTF-8 would keep the whole page from being shown.
			values[i] = strings.ToValidUTF8(d.Value, "\uFFFD")
		}
	}
	key := strings.Join(append([]string{set.Name}, values...), "\x00")
	if x := s.mu.series[key]; x != nil {
		set.Count += x.total.Count
		set.Sum += x.total.Sum
	}
	s.mu.series[key] = &series{set.Name, values, set}
	if s.mu.descs[set.Name] == nil {
		s.mu.descs[set.Name] = prometheus.NewDesc(s.prefix+"_"+snake(set.Name), set.Name+", in "+set.Unit+".", s.labels, nil)
	}
}

// Describe implements prometheus.Collector. It describes nothing, since what
// there will be is not known: Prometheus checks the series when it collects them.
func (s *Summaries) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s *Summaries) Collect(out chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.mu.series {
		out <- prometheus.MustNewConstSummary(s.mu.descs[x.name], uint64(x.total.Count), x.total.Sum,
			map[float64]float64{0: x.total.Least, 1: x.total.Most}, x.values...)
	}
}

// snake writes a name in lower case with underscores between its words, in which
// dots and colons stand for themselves in CloudWatch.
func snake(name string) string {
	var b strings.Builder
	previous := '_'
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = '_'
		case unicode.IsUpper(r) && previous != '_' && !unicode.IsUpper(previous):
			b.WriteByte('_')
		}
		if r != '_' || previous != '_' {
			b.WriteRune(unicode.ToLower(r))
		}
		previous = r
	}
	return b.String()
}
