package producer

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memorySink keeps what it gets.
type memorySink struct {
	mu    sync.Mutex
	calls int
	sums  map[string]Metric // by name and dimensions
}

func (m *memorySink) PutMetrics(_ context.Context, metrics []Metric) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	for _, metric := range metrics {
		key := fmt.Sprint(metric.Name, metric.Dimensions)
		have, ok := m.sums[key]
		if !ok {
			m.sums[key] = metric
			continue
		}
		have.SampleCount, have.Sum = have.SampleCount+metric.SampleCount, have.Sum+metric.Sum
		have.Minimum, have.Maximum = min(have.Minimum, metric.Minimum), max(have.Maximum, metric.Maximum)
		m.sums[key] = have
	}
	return nil
}

// TestMetrics sees the KPL's metrics with the KPL's dimensions, summed up over
// several uploads, the last of which Close makes.
func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1)
		s.refuse = func(n int, _ string) string {
			if n == 0 {
				return "ProvisionedThroughputExceededException"
			}
			return ""
		}
		sink, other := &memorySink{sums: map[string]Metric{}}, &memorySink{sums: map[string]Metric{}}
		p, r := start(t, s, WithMetrics(sink, other), MetricsUploadDelay(time.Second)), newResults(t)
		for i := range 10 {
			enqueue(t, p, r, "k", fmt.Sprint(i))
		}
		time.Sleep(1500 * time.Millisecond)
		enqueue(t, p, r, "k", "and one that is longer")
		stop(t, p)
		const shard = "{StreamName orders} {ShardId shardId-000000000000}"
		for key, want := range map[string][4]float64{
			"UserRecordsReceived[]":                                            {11, 11, 1, 1},
			"UserRecordsReceived[{StreamName orders}]":                         {11, 11, 1, 1},
			"UserRecordsPut[" + shard + "]":                                    {11, 11, 1, 1},
			"UserRecordsPut[]":                                                 {11, 11, 1, 1},
			"UserRecordsDataPut[" + shard + "]":                                {11, 32, 1, 22},
			"KinesisRecordsPut[" + shard + "]":                                 {3, 2, 0, 1},
			"AllErrors[" + shard + "]":                                         {3, 1, 0, 1},
			"ErrorsByCode[]":                                                   {1, 1, 1, 1},
			"ErrorsByCode[{ErrorCode ProvisionedThroughputExceededException}]": {1, 1, 1, 1},
			"ErrorsByCode[{ErrorCode ProvisionedThroughputExceededException} " + shard + "]": {1, 1, 1, 1},
			"RetriesPerRecord[{StreamName orders}]":                                          {11, 10, 0, 1},
			"UserRecordsPerKinesisRecord[" + shard + "]":                                     {3, 21, 1, 10},
			"KinesisRecordsPerPutRecordsRequest[{StreamName orders}]":                        {3, 3, 1, 1},
			"UserRecordsPerPutRecordsRequest[]":                                              {3, 21, 1, 10},
			"RequestTime[{StreamName orders}]":                                               {3, 3, 1, 1},
		} {
			got := sink.sums[key]
			if have := [4]float64{got.SampleCount, got.Sum, got.Minimum, got.Maximum}; have != want {
				t.Errorf("%s: %v, want %v", key, have, want)
			}
		}
		if got := sink.sums["UserRecordsDataPut[]"].Unit + " " + sink.sums["RequestTime[]"].Unit + " " + sink.sums["UserRecordsPut[]"].Unit; got != "Bytes Milliseconds Count" {
			t.Error(got)
		}
		if _, ok := sink.sums["RequestTime["+shard+"]"]; ok || sink.calls < 2 {
			t.Errorf("RequestTime by shard: %v; %d uploads", ok, sink.calls)
		}
		if !reflect.DeepEqual(other.sums, sink.sums) {
			t.Error("two sinks got different metrics")
		}
	})
}

// TestMetricsLevels sees less where less is asked for.
func TestMetricsLevels(t *testing.T) {
	sets := map[metricKey]samples{
		{name: UserRecordsPut, shardID: "s"}:     {1, 1, 1, 1},
		{name: UserRecordsDataPut, shardID: "s"}: {1, 1, 1, 1},
	}
	for _, c := range []struct {
		level       MetricsLevel
		granularity MetricsGranularity
		want        int
	}{
		{MetricsNone, MetricsByShard, 0},
		{MetricsSummary, MetricsGlobal, 1}, {MetricsSummary, MetricsByStream, 2}, {MetricsSummary, MetricsByShard, 3},
		{MetricsDetailed, MetricsGlobal, 2}, {MetricsDetailed, MetricsByStream, 4}, {MetricsDetailed, MetricsByShard, 6},
	} {
		config := config{metricsLevel: c.level, metricsGranularity: c.granularity}
		if got := config.rollUp(sets, "orders", time.Now()); len(got) != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
