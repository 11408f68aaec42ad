package lease

import (
	"maps"
	"slices"
	"time"
)

// The short names of a worker's metrics, in [WorkerStats.Metrics].
const (
	MetricCPU        = "C"
	MetricMemory     = "M"
	MetricNetworkIn  = "NI"
	MetricNetworkOut = "NO"
	MetricThroughput = "T" // made up by the leader for a worker that reports none
)

// WorkerStats is what a worker tells the leader about itself every 30 seconds
// (spec clients §3.2). A worker without a recent report is given no leases.
type WorkerStats struct {
	Worker string
	// Updated is the worker's wall clock at the report, to the second. Nobody
	// relies on it agreeing with another clock: what counts is that it moves.
	Updated time.Time
	// Metrics holds the last values of each metric, oldest first, at most ten;
	// NotCaptured stands for one that could not be read. A worker that can read
	// none of them leaves it empty.
	Metrics map[string][]float64
	// OperatingRange holds, for each metric, the largest percentage at which
	// the worker should run.
	OperatingRange map[string][]int64
	Properties     map[string]string
	// SupportCode says which layouts of the lease table the worker can follow;
	// 1 is the single table of KCL 3.5. SupportUpdated is when it was told, to
	// the second.
	SupportCode    int64
	SupportUpdated time.Time
}

// SingleTable is the SupportCode of a worker that can live with one table.
const SingleTable = 1

// NotCaptured stands for a value of a metric that could not be read. A worker
// whose last value it is gets no leases.
const NotCaptured = -1

// standing is what a leader makes of a worker's report.
type standing int

const (
	working standing = iota // it can be given leases
	invalid                 // the report makes no sense
	failing                 // the worker cannot read one of its metrics now
	silent                  // it has missed its reports
)

// standing returns what to make of the report.
func (r Reported) standing(p Policy) standing {
	switch {
	case !r.makesSense():
		return invalid
	case r.Age > missedReports*p.ReportInterval:
		return silent
	case r.anyFailing():
		return failing
	}
	return working
}

// reportsNothing says that the worker has no metrics of its own, so that its
// throughput stands for them.
func (s WorkerStats) reportsNothing() bool {
	_, throughput := s.Metrics[MetricThroughput]
	return throughput || len(s.Metrics) == 0 && len(s.OperatingRange) == 0
}

// makesSense says that the report has a time, and a range above 0 for each of
// its metrics.
func (s WorkerStats) makesSense() bool {
	if s.Worker == "" || s.Updated.IsZero() {
		return false
	}
	if s.reportsNothing() {
		return true
	}
	for name := range s.Metrics {
		if _, ok := s.OperatingRange[name]; !ok {
			return false
		}
	}
	for _, limits := range s.OperatingRange {
		if len(limits) == 0 || limits[0] <= 0 {
			return false
		}
	}
	return true
}

// anyFailing says that the last value of a metric could not be captured.
func (s WorkerStats) anyFailing() bool {
	if s.reportsNothing() {
		return false
	}
	for _, values := range s.Metrics {
		if n := len(values); n > 0 && values[n-1] == NotCaptured {
			return true
		}
	}
	return false
}

// Clone returns a copy that shares no memory with s.
func (s WorkerStats) Clone() WorkerStats {
	s.Metrics = cloneLists(s.Metrics)
	s.OperatingRange = cloneLists(s.OperatingRange)
	s.Properties = maps.Clone(s.Properties)
	return s
}

func cloneLists[T any](lists map[string][]T) map[string][]T {
	lists = maps.Clone(lists)
	for name, values := range lists {
		lists[name] = slices.Clone(values)
	}
	return lists
}
