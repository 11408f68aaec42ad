package producer

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// MetricsSink takes what a Producer has measured. PutMetrics is called from time
// to time and once by Close, never twice at the same time; what it cannot deliver
// before ctx ends is lost. It does not change the slice. A sink may be shared by
// producers.
type MetricsSink interface {
	PutMetrics(ctx context.Context, metrics []Metric) error
}

// Metric is what a Producer has measured of one thing since the last time, as
// CloudWatch takes it.
type Metric struct {
	Name       MetricName
	Unit       string // "Count", "Bytes" or "Milliseconds"
	Dimensions []Dimension
	Timestamp  time.Time

	SampleCount, Sum, Minimum, Maximum float64
}

// Dimension says of what a metric is.
type Dimension struct{ Name, Value string }

// MetricName is the KPL's name of a metric.
type MetricName string

const (
	UserRecordsReceived                MetricName = "UserRecordsReceived"
	UserRecordsPending                 MetricName = "UserRecordsPending" // sampled every 200 ms
	UserRecordsPut                     MetricName = "UserRecordsPut"     // 1 for each that is stored, 0 for each that failed
	UserRecordsDataPut                 MetricName = "UserRecordsDataPut"
	KinesisRecordsPut                  MetricName = "KinesisRecordsPut" // as UserRecordsPut, for each attempt
	KinesisRecordsDataPut              MetricName = "KinesisRecordsDataPut"
	ErrorsByCode                       MetricName = "ErrorsByCode"
	AllErrors                          MetricName = "AllErrors"
	RetriesPerRecord                   MetricName = "RetriesPerRecord"
	UserRecordExpired                  MetricName = "UserRecordExpired"
	BufferingTime                      MetricName = "BufferingTime" // before each attempt, of the oldest user record of an aggregate
	RequestTime                        MetricName = "RequestTime"
	UserRecordsPerKinesisRecord        MetricName = "UserRecordsPerKinesisRecord"
	KinesisRecordsPerPutRecordsRequest MetricName = "KinesisRecordsPerPutRecordsRequest"
	UserRecordsPerPutRecordsRequest    MetricName = "UserRecordsPerPutRecordsRequest"
)

// MetricsLevel says which metrics are handed out.
type MetricsLevel int

const (
	MetricsNone     MetricsLevel = iota // none at all
	MetricsSummary                      // what was put, and errors
	MetricsDetailed                     // all
)

// MetricsGranularity says which dimensions metrics have at most.
type MetricsGranularity int

const (
	MetricsGlobal   MetricsGranularity = iota // none
	MetricsByStream                           // StreamName
	MetricsByShard                            // StreamName and ShardId
)

// summary lists the metrics of MetricsSummary (spec clients §2.7).
var summary = map[MetricName]bool{
	UserRecordsPut: true, KinesisRecordsPut: true, ErrorsByCode: true, AllErrors: true, UserRecordExpired: true, BufferingTime: true,
}

// units lists the units that are not Count.
var units = map[MetricName]string{
	UserRecordsDataPut: "Bytes", KinesisRecordsDataPut: "Bytes", BufferingTime: "Milliseconds", RequestTime: "Milliseconds",
}

// metricKey is what is measured, as finely as possible.
type metricKey struct {
	name    MetricName
	shardID string // empty where there is none
	code    string // of ErrorsByCode
}

// samples sums up what was measured.
type samples struct{ count, sum, least, most float64 }

// merge adds other samples.
func (s samples) merge(other samples) samples {
	if s.count == 0 {
		return other
	}
	return samples{s.count + other.count, s.sum + other.sum, min(s.least, other.least), max(s.most, other.most)}
}

// metrics holds what was measured since the last time. It is guarded by
// Producer.mu. There are as many keys as shards and codes, and all go when they
// are handed out; without a sink nothing is kept.
type metrics struct {
	on   bool
	sets map[metricKey]samples
}

// add adds n samples of the same value.
func (m *metrics) add(key metricKey, n int, value float64) {
	m.merge(key, samples{float64(n), float64(n) * value, value, value})
}

func (m *metrics) merge(key metricKey, s samples) {
	if !m.on || s.count == 0 {
		return
	}
	if m.sets == nil {
		m.sets = make(map[metricKey]samples)
	}
	m.sets[key] = m.sets[key].merge(s)
}

// drain takes all that was measured.
func (m *metrics) drain() map[metricKey]samples {
	sets := m.sets
	m.sets = nil
	return sets
}

// rollUp makes metrics of what was measured: one for each set of dimensions up to
// the granularity, as the KPL does, in an order that is always the same.
func (c *config) rollUp(sets map[metricKey]samples, streamName string, now time.Time) []Metric {
	sums := map[metricKey]map[int]samples{} // by depth: 0 global, 1 a stream, 2 a shard
	at := func(key metricKey, depth int, s samples) {
		if sums[key] == nil {
			sums[key] = map[int]samples{}
		}
		sums[key][depth] = sums[key][depth].merge(s)
	}
	for key, s := range sets {
		if c.metricsLevel == MetricsNone || c.metricsLevel == MetricsSummary && !summary[key.name] {
			continue
		}
		if key.code != "" {
			at(metricKey{name: key.name}, 0, s) // of all codes
		}
		for depth := range int(c.metricsGranularity) + 1 {
			switch {
			case depth < int(MetricsByShard):
				at(metricKey{name: key.name, code: key.code}, depth, s)
			case key.shardID != "":
				at(key, depth, s)
			}
		}
	}
	var all []Metric
	for key, byDepth := range sums {
		for depth, s := range byDepth {
			m := Metric{Name: key.name, Unit: cmp.Or(units[key.name], "Count"), Timestamp: now,
				SampleCount: s.count, Sum: s.sum, Minimum: s.least, Maximum: s.most}
			if key.code != "" {
				m.Dimensions = append(m.Dimensions, Dimension{"ErrorCode", key.code})
			}
			if depth >= int(MetricsByStream) {
				m.Dimensions = append(m.Dimensions, Dimension{"StreamName", streamName})
			}
			if depth >= int(MetricsByShard) {
				m.Dimensions = append(m.Dimensions, Dimension{"ShardId", key.shardID})
			}
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b Metric) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.CompareFunc(a.Dimensions, b.Dimensions, func(a, b Dimension) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
		}))
	})
	return all
}
