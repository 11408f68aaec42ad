package kinesis

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// readMetrics lists what metrics have counted, but for latencies, and leaves out
// what is 0.
func readMetrics(m any) string {
	var list []string
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		switch x := v.Addr().Interface().(type) {
		case *atomic.Uint64:
			if n := x.Load(); n > 0 {
				list = append(list, fmt.Sprint(strings.TrimPrefix(name, "."), "=", n))
			}
		case **histogram.Histogram:
			n := uint64(0)
			for _, count := range (*x).Snapshot().Counts {
				n += count
			}
			if n > 0 && !strings.HasSuffix(name, "Latency") {
				list = append(list, fmt.Sprint(strings.TrimPrefix(name, "."), "=", n, "/", (*x).Snapshot().Sum))
			}
		default:
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() {
					walk(name+"."+f.Name, v.Field(i))
				}
			}
		}
	}
	walk("", reflect.ValueOf(m).Elem())
	sort.Strings(list)
	return strings.Join(list, " ")
}

// wantMetrics compares what the stream's metrics have counted.
func (r *rig) wantMetrics(want string) {
	r.t.Helper()
	got := "no metrics"
	r.EachMetrics(func(x *catalog.Stream, m *StreamMetrics) {
		if x.Name == testRef.Name {
			got = readMetrics(m)
		}
	})
	if got != want {
		r.t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMeasurePuts(t *testing.T) {
	r := newRig(t, 2, rigOptions{})
	r.wantMetrics("no metrics")
	r.put("0", "four")
	r.wantMetrics("IncomingBytes=5 IncomingRecords=1 PutRecord.Bytes=5 PutRecord.Calls=1 PutRecord.Success=1")
	batch := &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: []types.PutRecordsRequestEntry{entry("a", "", "0"), entry("bb", "", "11")}}
	if _, err := r.PutRecords(r.ctx, batch); err != nil {
		t.Fatal(err)
	}
	const both = "IncomingBytes=11 IncomingRecords=3 PutRecord.Bytes=5 PutRecord.Calls=1 PutRecord.Success=1" +
		" PutRecords.Bytes=6 PutRecords.Calls=1 PutRecords.Success=1 SuccessfulRecords=2 TotalRecords=2"
	r.wantMetrics(both)
	// A dry run and a stream that is not there leave no trace.
	batch.DryRun = aws.Bool(true)
	if _, err := r.PutRecords(r.ctx, batch); err == nil {
		t.Error("a dry run was no error")
	}
	batch.DryRun, batch.StreamName = nil, aws.String("missing")
	if _, err := r.PutRecords(r.ctx, batch); err == nil {
		t.Error("a stream that is missing was no error")
	}
	r.wantMetrics(both)
	// A call that is refused whole is one without success, and no failure.
	batch.StreamName, batch.Records[0].ExplicitHashKey = &testRef.Name, aws.String("340282366920938463463374607431768211456")
	if _, err := r.PutRecords(r.ctx, batch); err == nil {
		t.Error("an impossible hash key was taken")
	}
	r.wantMetrics("IncomingBytes=11 IncomingRecords=3 PutRecord.Bytes=5 PutRecord.Calls=1 PutRecord.Success=1" +
		" PutRecords.Bytes=6 PutRecords.Calls=2 PutRecords.Success=1 SuccessfulRecords=2 TotalRecords=4")
}

// TestMeasureRefusals fills two shards up to their rates, the first beyond it.
func TestMeasureRefusals(t *testing.T) {
	r := newRig(t, 2, rigOptions{limits: LimitsAWS})
	r.change(&catalog.SetMonitoring{Ref: testRef, Enable: true, Metrics: []types.MetricsName{types.MetricsNameIncomingBytes}})
	batch := &kinesis.PutRecordsInput{StreamName: &testRef.Name}
	for range 400 {
		batch.Records = append(batch.Records, entry("k", "0", "x"))
	}
	batch.Records = append(batch.Records, entry("k", stream.MaxHashKey.String(), "x"))
	for range 3 {
		if _, err := r.PutRecords(r.ctx, batch); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &testRef.Name, PartitionKey: aws.String("k"),
		ExplicitHashKey: aws.String("0"), Data: []byte("x")}); err == nil {
		t.Error("not refused")
	}
	r.wantMetrics("IncomingBytes=2006 IncomingRecords=1003 PutRecord.Calls=1 PutRecords.Bytes=2006 PutRecords.Calls=3" +
		" PutRecords.Success=3 SuccessfulRecords=1003 ThrottledRecords=200 TotalRecords=1203 WriteProvisionedThroughputExceeded=201")
	var shards []string
	r.EachMetrics(func(x *catalog.Stream, m *StreamMetrics) {
		m.EachShard(x, func(id stream.ShardID, m *ShardMetrics) {
			shards = append(shards, fmt.Sprint(int(id), ": ", readMetrics(m)))
		})
	})
	sort.Strings(shards)
	want := []string{"0: IncomingBytes=2000 IncomingRecords=1000 WriteProvisionedThroughputExceeded=201", "1: IncomingBytes=6 IncomingRecords=3"}
	if !reflect.DeepEqual(shards, want) {
		t.Errorf("got  %q\nwant %q", shards, want)
	}
}

func TestMeasureFailures(t *testing.T) {
	r := newRig(t, 1, rigOptions{maxBytes: 1000})
	big := strings.Repeat("x", 2000)
	if _, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: []types.PutRecordsRequestEntry{entry("k", "", big)}}); err != nil {
		t.Fatal(err)
	}
	r.wantMetrics("FailedRecords=1 PutRecords.Calls=1 TotalRecords=1")
	r.log.Close()
	if _, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: &testRef.Name, Records: []types.PutRecordsRequestEntry{entry("k", "", "x")}}); err == nil {
		t.Error("a log that is closed took a record")
	}
	r.wantMetrics("FailedRecords=2 PutRecords.Calls=2 TotalRecords=2")
}

func TestMeasureGets(t *testing.T) {
	r := newRig(t, 1, rigOptions{limits: LimitsAWS})
	r.put("0", "four")
	token := r.iterator("0", types.ShardIteratorTypeTrimHorizon)
	r.clock.Advance(3 * time.Second)
	r.get(token)
	const put = "IncomingBytes=5 IncomingRecords=1"
	const rest = " PutRecord.Bytes=5 PutRecord.Calls=1 PutRecord.Success=1"
	r.wantMetrics("GetRecords.Bytes=5 GetRecords.Calls=1 GetRecords.Success=1 " + put + " IteratorAge=1/3s" + rest + " Records=1")
	// With shard-level metrics from here on.
	r.change(&catalog.SetMonitoring{Ref: testRef, Enable: true, Metrics: []types.MetricsName{types.MetricsNameOutgoingBytes}})
	for range 4 {
		r.get(token)
	}
	if _, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &token}); err == nil {
		t.Error("not throttled")
	}
	r.wantMetrics("GetRecords.Bytes=25 GetRecords.Calls=6 GetRecords.Success=5 " + put + " IteratorAge=5/15s" + rest +
		" ReadProvisionedThroughputExceeded=1 Records=5")
	shards := 0
	each := func(x *catalog.Stream, m *StreamMetrics) {
		m.EachShard(x, func(_ stream.ShardID, m *ShardMetrics) {
			shards++
			if got := readMetrics(m); got != "IteratorAge=4/12s OutgoingBytes=20 OutgoingRecords=4 ReadProvisionedThroughputExceeded=1" {
				t.Errorf("the shard: %s", got)
			}
		})
	}
	r.EachMetrics(each)
	r.change(&catalog.SetMonitoring{Ref: testRef, Metrics: []types.MetricsName{types.MetricsNameOutgoingBytes}})
	r.EachMetrics(each)
	if shards != 1 {
		t.Errorf("%d shards, before and after monitoring", shards)
	}
}

// TestMetricsEnd expects the metrics of streams that are gone to go too, and those
// of one that is there to stay.
func TestMetricsEnd(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.put("0", "four")
	for i := range 10 * minMetrics {
		ref := testRef
		ref.Name = fmt.Sprint("s", i)
		r.change(&catalog.CreateStream{Ref: ref, Mode: types.StreamModeProvisioned, Shards: 1, MaxRecordKiB: 1024})
		if _, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &ref.Name, PartitionKey: aws.String("k"), Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		r.change(&catalog.DeleteStream{Ref: ref})
	}
	if n := len(r.metrics.by); n > minMetrics+1 {
		t.Errorf("%d metrics of one stream", n)
	}
	r.wantMetrics("IncomingBytes=5 IncomingRecords=1 PutRecord.Bytes=5 PutRecord.Calls=1 PutRecord.Success=1")
	if n := len(r.metrics.by); n != 1 {
		t.Errorf("%d metrics are left", n)
	}
}

func TestMeasureSubscriptions(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	r.change(&catalog.SetMonitoring{Ref: testRef, Enable: true, Metrics: []types.MetricsName{types.MetricsNameOutgoingBytes}})
	u := r.subscribe("0", horizon)
	r.put("0", "four")
	r.clock.Advance(2 * time.Second)
	r.put("0", "four")
	if e := u.next(); len(e.Records) != 2 {
		t.Fatalf("%+v", e)
	}
	if _, err := r.trySubscribe("0", horizon); err == nil {
		t.Error("a second subscription was given at once")
	}
	found := 0
	each := func(x *catalog.Stream, m *StreamMetrics) {
		m.EachConsumer(x, func(name string, m *ConsumerMetrics) {
			found++
			got := name + ": " + readMetrics(m)
			if got != "c: Bytes=10 Events=1 MillisBehindLatest=1/0s RateExceeded=1 Records=2 Success=1" {
				t.Error(got)
			}
		})
		m.EachShard(x, func(_ stream.ShardID, m *ShardMetrics) {
			found++
			got := readMetrics(m)
			if got != "IncomingBytes=10 IncomingRecords=2 OutgoingBytes=10 OutgoingRecords=2" {
				t.Errorf("the shard: %s", got)
			}
		})
	}
	r.EachMetrics(each)
	if found != 2 || r.ActiveSubscriptions() != 1 {
		t.Errorf("%d of a consumer and a shard, %d subscriptions", found, r.ActiveSubscriptions())
	}
	u.Close()
	if n := r.ActiveSubscriptions(); n != 0 {
		t.Errorf("%d subscriptions after Close", n)
	}
	if _, err := r.DeregisterStreamConsumer(r.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: aws.String(consumerARN)}); err != nil {
		t.Fatal(err)
	}
	found = 0
	r.EachMetrics(each)
	if found != 1 {
		t.Errorf("%d of a shard, and of a consumer that is gone", found)
	}
}
