package metrics

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/service/kinesis"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

var bounds = []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond}

func newStream() streamMetrics {
	m := &kinesis.StreamMetrics{IteratorAge: histogram.New(bounds)}
	for _, o := range []*kinesis.OperationMetrics{&m.PutRecord, &m.PutRecords, &m.GetRecords} {
		o.Latency = histogram.New(bounds)
	}
	return m
}

// changed returns what has changed, each metric as a line.
func changed(r *Reporter, m streamMetrics) (lines []string) {
	r.next = map[any]readings{}
	for _, d := range changes(r, streamFigures, m, "StreamName", "orders") {
		v := d.StatisticValues
		lines = append(lines, fmt.Sprint(*d.MetricName, " ", d.Unit, " ", *v.SampleCount, " ", *v.Sum, " ", *v.Minimum, " ", *v.Maximum))
	}
	r.last = r.next
	return lines
}

func TestChanges(t *testing.T) {
	r, m := NewReporter(nil, nil), newStream()
	same := func(want ...string) {
		t.Helper()
		if got := changed(r, m); !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
	same()
	m.PutRecord.Calls.Add(3)
	m.PutRecord.Success.Add(2)
	m.PutRecord.Bytes.Add(500)
	m.PutRecord.Latency.Observe(4 * time.Millisecond)
	m.PutRecord.Latency.Observe(20 * time.Millisecond)
	same("PutRecord.Bytes Bytes 1 500 500 500", "PutRecord.Latency Milliseconds 2 24 1 24", "PutRecord.Success Count 3 2 0 1")
	same()
	m.PutRecord.Calls.Add(1)
	m.PutRecord.Success.Add(1)
	m.PutRecord.Latency.Observe(time.Second)
	m.IteratorAge.Observe(0)
	same("GetRecords.IteratorAgeMilliseconds Milliseconds 1 0 0 0", "PutRecord.Latency Milliseconds 1 1000 100 1000", "PutRecord.Success Count 1 1 1 1")
	m.PutRecord.Calls.Add(1)
	same("PutRecord.Success Count 1 0 0 0")
	// A call that ends while the figures are read is counted whole, and once.
	m.PutRecord.Success.Add(1)
	same()
	m.PutRecord.Calls.Add(1)
	same("PutRecord.Success Count 1 1 1 1")
	m = newStream() // of the same name, and begins anew
	m.IncomingRecords.Add(7)
	same("IncomingRecords Count 1 7 7 7")
	if len(r.last) != 1 {
		t.Errorf("%d subjects are remembered", len(r.last))
	}
}

// TestEnabledLater enables a metric of a shard that has counted for a while: what
// came before is not shown.
func TestEnabledLater(t *testing.T) {
	r, x, m := NewReporter(nil, nil), &catalog.Stream{Name: "orders"}, &kinesis.ShardMetrics{IteratorAge: histogram.New(bounds)}
	same := func(want string, monitored ...kinesistypes.MetricsName) {
		t.Helper()
		x.Monitored, r.next = monitored, map[any]readings{}
		m.IncomingBytes.Add(50)
		m.IncomingRecords.Add(5)
		got := ""
		for _, d := range shardChanges(r, x, 1, m) {
			got += fmt.Sprint(*d.MetricName, " ", *d.StatisticValues.Sum, " of ", *d.Dimensions[1].Value, "; ")
		}
		if r.last = r.next; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	const bytes, records = "IncomingBytes 50 of shardId-000000000001; ", "IncomingRecords 5 of shardId-000000000001; "
	same(bytes, kinesistypes.MetricsNameIncomingBytes)
	same(bytes+records, kinesistypes.MetricsNameIncomingBytes, kinesistypes.MetricsNameIncomingRecords)
	same(records, kinesistypes.MetricsNameIncomingRecords)
}

// TestUnits checks the units of all figures of AWS (spec data-streams §22).
func TestUnits(t *testing.T) {
	for _, f := range concat(figuresOf(streamFigures), figuresOf(consumerFigures), figuresOf(shardFigures)) {
		want := types.StandardUnitCount
		switch f.aws {
		case "GetRecords.Bytes", "PutRecord.Bytes", "PutRecords.Bytes", "IncomingBytes", "OutgoingBytes", "SubscribeToShardEvent.Bytes":
			want = types.StandardUnitBytes
		case "GetRecords.IteratorAgeMilliseconds", "IteratorAgeMilliseconds", "SubscribeToShardEvent.MillisBehindLatest",
			"GetRecords.Latency", "PutRecord.Latency", "PutRecords.Latency":
			want = types.StandardUnitMilliseconds
		}
		if got := f.unit(); got != want {
			t.Errorf("%s is in %s, want %s", f.aws, got, want)
		}
	}
}
