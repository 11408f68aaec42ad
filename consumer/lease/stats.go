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
	// -1 stands for a value that could not be captured. A worker that can read
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
