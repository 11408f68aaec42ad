// Package kplprom shows what producers measure to Prometheus: the KPL's metrics,
// under the KPL's names as Prometheus writes them. It stands apart so that who
// does not want it has no Prometheus in the binary.
//
// UserRecordsPut of a stream is the summary kpl_user_records_put, with the label
// stream_name; that of a shard is kpl_shard_user_records_put, with shard_id
// besides, so that neither is counted twice where series are added up. Metrics
// of errors have the label error_code. The sum is of all values and the count
// says how many they were; the quantiles 0 and 1 are the least and the most of
// them since the last time that the producer handed its metrics out.
//
// Nothing is shown of a producer with MetricsGlobal, which measures no stream by
// itself.
package kplprom

import (
	"context"
	"iter"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/internal/summaries"
	"github.com/leat-io/leat/producer"
)

// Sink is a sink for producer.WithMetrics, and a prometheus.Collector to be
// registered. It may be shared by producers. A series goes when it has had no
// value for an hour in which others had.
type Sink struct{ streams, shards *summaries.Summaries }

var (
	_ producer.MetricsSink = (*Sink)(nil)
	_ prometheus.Collector = (*Sink)(nil)
)

// New returns a sink that has nothing to show yet.
func New() *Sink {
	return &Sink{
		streams: summaries.New("kpl", "StreamName", "ErrorCode"),
		shards:  summaries.New("kpl_shard", "StreamName", "ShardId", "ErrorCode"),
	}
}

// PutMetrics takes metrics. Those of all streams together are passed over: they
// are what the streams' add up to. It never fails.
func (s *Sink) PutMetrics(_ context.Context, metrics []producer.Metric) error {
	s.streams.Add(setsOf(metrics, producer.MetricsByStream))
	s.shards.Add(setsOf(metrics, producer.MetricsByShard))
	return nil
}

// setsOf returns the metrics that have the dimensions of a granularity.
func setsOf(metrics []producer.Metric, of producer.MetricsGranularity) iter.Seq[summaries.Set] {
	return func(yield func(summaries.Set) bool) {
		for _, m := range metrics {
			granularity := producer.MetricsGlobal
			set := summaries.Set{
				Name: string(m.Name), Unit: m.Unit, At: m.Timestamp,
				Count: m.SampleCount, Sum: m.Sum, Least: m.Minimum, Most: m.Maximum,
			}
			for _, d := range m.Dimensions {
				set.Dimensions = append(set.Dimensions, summaries.Dimension(d))
				switch d.Name {
				case "StreamName":
					granularity = max(granularity, producer.MetricsByStream)
				case "ShardId":
					granularity = producer.MetricsByShard
				}
			}
			if granularity == of && !yield(set) {
				return
			}
		}
	}
}

// Describe implements prometheus.Collector.
func (s *Sink) Describe(out chan<- *prometheus.Desc) {
	s.streams.Describe(out)
	s.shards.Describe(out)
}

// Collect implements prometheus.Collector.
func (s *Sink) Collect(out chan<- prometheus.Metric) {
	s.streams.Collect(out)
	s.shards.Collect(out)
}
