// Package kclprom shows what workers measure to Prometheus: the KCL's metrics,
// under the KCL's names as Prometheus writes them. It stands apart so that who
// does not want it has no Prometheus in the binary.
//
// RecordProcessor.processRecords.Time is the summary
// kcl_record_processor_process_records_time, with the KCL's dimensions as labels:
// operation, stream_id, shard_id and worker_identifier. The sum is of all values
// and the count says how many they were; the quantiles 0 and 1 are the least and
// the most of them in the last ten seconds in which there were any, so that
// kcl_millis_behind_latest{operation="ProcessTask",quantile="1"} is how far a
// shard is behind.
package kclprom

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/internal/summaries"
)

// Sink is a sink for consumer.WithMetrics, and a prometheus.Collector to be
// registered. It may be shared by workers. A series goes when it has had no
// value for an hour in which others had.
type Sink struct{ summaries *summaries.Summaries }

var (
	_ consumer.MetricsSink = (*Sink)(nil)
	_ prometheus.Collector = (*Sink)(nil)
)

// New returns a sink that has nothing to show yet.
func New() *Sink {
	return &Sink{summaries.New("kcl", "Operation", "StreamId", "ShardId", "WorkerIdentifier")}
}

// PutMetrics takes metrics. It never fails.
func (s *Sink) PutMetrics(_ context.Context, metrics []consumer.Metric) error {
	s.summaries.Add(func(yield func(summaries.Set) bool) {
		for _, m := range metrics {
			set := summaries.Set{
				Name: m.Name, Unit: m.Unit, At: m.Timestamp,
				Count: m.SampleCount, Sum: m.Sum, Least: m.Minimum, Most: m.Maximum,
			}
			for _, d := range m.Dimensions {
				set.Dimensions = append(set.Dimensions, summaries.Dimension(d))
			}
			if !yield(set) {
				return
			}
		}
	})
	return nil
}

// Describe implements prometheus.Collector.
func (s *Sink) Describe(out chan<- *prometheus.Desc) { s.summaries.Describe(out) }

// Collect implements prometheus.Collector.
func (s *Sink) Collect(out chan<- prometheus.Metric) { s.summaries.Collect(out) }
