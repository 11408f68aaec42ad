package consumer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// sinkhole keeps all metrics it is given.
type sinkhole struct {
	mu      sync.Mutex
	metrics []Metric
}

func (s *sinkhole) PutMetrics(_ context.Context, metrics []Metric) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.metrics = append(s.metrics, metrics...)
	return nil
}

// sums returns what the metrics amount to, by operation, name and dimensions.
func (s *sinkhole) sums() map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	sums := map[string]float64{}
	for _, m := range s.metrics {
		key := m.Name
		for _, d := range m.Dimensions {
			key += " " + d.Name + "=" + d.Value
		}
		sums[key] += m.Sum
	}
	return sums
}

// TestMetrics looks for the KCL's names after a shard was processed to its end
// (spec clients §3.12).
func TestMetrics(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		sink, other := new(sinkhole), new(sinkhole)
		w := r.start("one", nil, WithMetrics(sink, other))
		r.putRecords(20)
		r.allSeen()
		r.scale(2)
		r.putRecords(20)
		r.allSeen()
		time.Sleep(time.Minute)
		w.stopped()

		sums := sink.sums()
		if !maps.Equal(other.sums(), sums) {
			t.Error("two sinks got different metrics")
		}
		for key, want := range map[string]float64{
			"RecordsProcessed Operation=ProcessTask ShardId=shardId-000000000000":   20,
			"DataBytesProcessed Operation=ProcessTask ShardId=shardId-000000000000": 20,
			"CreateLease_TRIM_HORIZON.Success Operation=ShutdownTask":               2,
			"CreateLease.Success Operation=ShardSyncTask":                           1,
			"Success Operation=InitializeTask ShardId=shardId-000000000001":         1,
			"Success Operation=ShutdownTask ShardId=shardId-000000000000":           1,
			"NewLeasesDiscovered Operation=LeaseDiscovery WorkerIdentifier=one":     1,
			"LostLeases Operation=RenewAllLeases WorkerIdentifier=one":              0,
			"FailedAssignmentCount Operation=LeaseAssignmentManager":                0,
			"NumStreamsWithPartialLeases Operation=PeriodicShardSyncManager":        0,
		} {
			if got := sums[key]; got != want {
				t.Errorf("%s is %v, want %v", key, got, want)
			}
		}
		for _, name := range []string{
			"CurrentLeases Operation=RenewAllLeases", "LeaderDecider:IsLeader Operation=LeaderDecider",
			"MillisBehindLatest Operation=ApplicationTracker", "RecordProcessor.processRecords.Time Operation=ProcessTask",
			"RecordProcessor.initialize.Time Operation=InitializeTask", "RecordProcessor.shutdown.Time Operation=ShutdownTask",
			"KinesisDataFetcher.getRecords.Time Operation=ProcessTask", "NumWorkers Operation=LeaseAssignmentManager",
			"Success Operation=WorkerMetricStatsReporter WorkerIdentifier=one",
		} {
			if !slices.ContainsFunc(keys(sums), func(key string) bool { return strings.HasPrefix(key, name) }) {
				t.Errorf("no metric %s", name)
			}
		}
	})
}

func keys(sums map[string]float64) []string {
	var all []string
	for key := range sums {
		all = append(all, key)
	}
	return all
}

// TestMetricsAreBounded measures more things than are kept.
func TestMetricsAreBounded(t *testing.T) {
	sink := new(sinkhole)
	m := newMetrics(settings{metrics: []MetricsSink{sink}, clock: fixedClock{}, logger: testLogger(t)})
	for i := range 2 * maxMetrics {
		m.count(metricKey{operation: "ProcessTask", shard: fmt.Sprint(i)}, "RecordsProcessed", 1)
		m.count(metricKey{operation: "ProcessTask", shard: "0"}, "RecordsProcessed", 1)
	}
	m.put(t.Context())
	m.put(t.Context()) // nothing is left
	if len(sink.metrics) != maxMetrics {
		t.Errorf("%d metrics", len(sink.metrics))
	}
	if got := sink.sums()["RecordsProcessed Operation=ProcessTask ShardId=0"]; got != 2*maxMetrics+1 {
		t.Errorf("what is kept adds up to %v", got)
	}
}

// fixedClock stands still.
type fixedClock struct{}

func (fixedClock) Now() time.Time { return time.Unix(1, 0) }

func (fixedClock) After(time.Duration) <-chan time.Time { return nil }
