package consumer

import (
	"context"
	"sync"
	"time"
)

// Metric is what was measured of one thing since it was last given to the sink:
// a statistic set of CloudWatch, under the KCL's name and dimensions
// (spec clients §3.12).
type Metric struct {
	Name       string
	Dimensions []Dimension // Operation first
	Unit       string      // Count, Milliseconds, Bytes or None
	// Timestamp is when it is given to the sink.
	Timestamp time.Time
	// The values: how many, and what they amount to.
	SampleCount, Sum, Minimum, Maximum float64
}

// Dimension tells apart metrics of one name.
type Dimension struct{ Name, Value string }

// MetricsSink is given the metrics of a worker every ten seconds, and what is
// left at its end. Package kclmetrics has the one for CloudWatch.
//
// PutMetrics is called by one goroutine at a time, and neither changes the slice
// nor keeps a reference to it. What it fails to put is lost.
type MetricsSink interface {
	PutMetrics(ctx context.Context, metrics []Metric) error
}

const (
	// metricsInterval is how often metrics are given to the sink
	// (metricsBufferTimeMillis).
	metricsInterval = 10 * time.Second
	// maxMetrics is how many different ones are kept until then
	// (metricsMaxQueueSize); more are dropped.
	maxMetrics = 10_000
	// lastMetrics is how long the sink may take for what is left at the end.
	lastMetrics = 5 * time.Second
)

// The units of metrics.
const (
	unitCount  = "Count"
	unitMillis = "Milliseconds"
	unitBytes  = "Bytes"
)

// metrics adds up what a worker measures. A nil *metrics measures nothing.
type metrics struct {
	sinks  []MetricsSink
	worker string
	clock  Clock
	warn   func(msg string, args ...any)

	mu struct {
		sync.Mutex
		sets map[metricKey]*statistics
	}
}

// metricKey tells metrics apart. Shard, stream and worker are dimensions when
// they are not "".
type metricKey struct {
	operation, name, unit string
	stream, shard, worker string
}

type statistics struct{ count, sum, least, most float64 }

func newMetrics(o settings) *metrics {
	if len(o.metrics) == 0 {
		return nil
	}
	m := &metrics{sinks: o.metrics, worker: o.workerID, clock: o.clock, warn: o.logger.Warn}
	m.mu.sets = map[metricKey]*statistics{}
	return m
}

// add adds one value.
func (m *metrics) add(key metricKey, value float64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.mu.sets[key]
	switch {
	case s == nil && len(m.mu.sets) >= maxMetrics:
		return
	case s == nil:
		m.mu.sets[key] = &statistics{1, value, value, value}
	default:
		s.count++
		s.sum += value
		s.least, s.most = min(s.least, value), max(s.most, value)
	}
}

// count adds a number of things.
func (m *metrics) count(key metricKey, name string, n int) {
	key.name, key.unit = name, unitCount
	m.add(key, float64(n))
}

// done adds whether something succeeded and how long it took: the pair of
// metrics that the KCL has of whatever it does. The name is "" for a whole
// operation.
func (m *metrics) done(key metricKey, name string, took time.Duration, err error) {
	success := 1
	if err != nil {
		success = 0
	}
	if name != "" {
		name += "."
	}
	m.count(key, name+"Success", success)
	m.took(key, name+"Time", took)
}

// took adds how long something took.
func (m *metrics) took(key metricKey, name string, took time.Duration) {
	key.name, key.unit = name, unitMillis
	m.add(key, float64(took.Microseconds())/1000)
}

// run gives the metrics to the sinks until ctx ends, and once more then.
func (m *metrics) run(ctx context.Context) {
	if m == nil {
		return
	}
	for sleep(ctx, m.clock, metricsInterval) == nil {
		m.put(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastMetrics)
	defer cancel()
	m.put(ctx)
}

// put gives what was added up to the sinks.
func (m *metrics) put(ctx context.Context) {
	m.mu.Lock()
	sets := m.mu.sets
	m.mu.sets = make(map[metricKey]*statistics, len(sets))
	m.mu.Unlock()
	if len(sets) == 0 {
		return
	}
	now := m.clock.Now()
	all := make([]Metric, 0, len(sets))
	for key, s := range sets {
		all = append(all, Metric{
			Name: key.name, Dimensions: key.dimensions(), Unit: key.unit, Timestamp: now,
			SampleCount: s.count, Sum: s.sum, Minimum: s.least, Maximum: s.most,
		})
	}
	for _, sink := range m.sinks {
		if err := sink.PutMetrics(ctx, all); err != nil && ctx.Err() == nil {
			m.warn("metrics could not be put", "err", err)
		}
	}
}

// dimensions returns what the KCL tells the metric apart by.
func (k metricKey) dimensions() []Dimension {
	all := []Dimension{{"Operation", k.operation}}
	for _, d := range []Dimension{{"StreamId", k.stream}, {"ShardId", k.shard}, {"WorkerIdentifier", k.worker}} {
		if d.Value != "" {
			all = append(all, d)
		}
	}
	return all
}
