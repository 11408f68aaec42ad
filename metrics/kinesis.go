package metrics

import (
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/service/kinesis"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// Labels are bounded by what exists: of streams, their consumers and shards.
var (
	ofStream   = []string{"account", "region", "stream"}
	ofConsumer = []string{"account", "region", "stream", "consumer"}
	ofShard    = []string{"account", "region", "stream", "shard"}
)

type (
	streamMetrics   = *kinesis.StreamMetrics
	consumerMetrics = *kinesis.ConsumerMetrics
	shardMetrics    = *kinesis.ShardMetrics
)

// streamFigures are those of AWS at the level of streams (spec data-streams
// §22). AWS's Success is one figure with the statistics Sum and SampleCount,
// which are two here.
var streamFigures = []*read[streamMetrics]{
	streamCount("GetRecords.Bytes", "get_records_bytes_total", "Bytes of data and partition keys that GetRecords returned.",
		func(m streamMetrics) *atomic.Uint64 { return &m.GetRecords.Bytes }),
	streamCount("GetRecords.Records", "get_records_records_total", "Records that GetRecords returned.",
		func(m streamMetrics) *atomic.Uint64 { return &m.Records }),
	streamSpread("GetRecords.IteratorAgeMilliseconds", "get_records_iterator_age_seconds",
		"Age of the last record of each GetRecords call; 0 for a call without records.",
		func(m streamMetrics) *histogram.Histogram { return m.IteratorAge }),
	streamSpread("GetRecords.Latency", "get_records_latency_seconds", "How long GetRecords calls took, without their transport.",
		func(m streamMetrics) *histogram.Histogram { return m.GetRecords.Latency }),
	streamCount("GetRecords.Success", "get_records_success_total", "GetRecords calls that succeeded.",
		func(m streamMetrics) *atomic.Uint64 { return &m.GetRecords.Success }),
	streamCount("GetRecords.Success (SampleCount)", "get_records_calls_total", "GetRecords calls.",
		func(m streamMetrics) *atomic.Uint64 { return &m.GetRecords.Calls }),
	streamCount("IncomingBytes", "incoming_bytes_total", "Bytes of data and partition keys that were stored.",
		func(m streamMetrics) *atomic.Uint64 { return &m.IncomingBytes }),
	streamCount("IncomingRecords", "incoming_records_total", "Records that were stored.",
		func(m streamMetrics) *atomic.Uint64 { return &m.IncomingRecords }),
	streamCount("PutRecord.Bytes", "put_record_bytes_total", "Bytes of data and partition keys that PutRecord stored.",
		func(m streamMetrics) *atomic.Uint64 { return &m.PutRecord.Bytes }),
	streamSpread("PutRecord.Latency", "put_record_latency_seconds", "How long PutRecord calls took, without their transport.",
		func(m streamMetrics) *histogram.Histogram { return m.PutRecord.Latency }),
	streamCount("PutRecord.Success", "put_record_success_total", "PutRecord calls that succeeded.",
		func(m streamMetrics) *atomic.Uint64 { return &m.PutRecord.Success }),
	streamCount("PutRecord.Success (SampleCount)", "put_record_calls_total", "PutRecord calls.",
		func(m streamMetrics) *atomic.Uint64 { return &m.PutRecord.Calls }),
	streamCount("PutRecords.Bytes", "put_records_bytes_total", "Bytes of data and partition keys that PutRecords stored.",
		func(m streamMetrics) *atomic.Uint64 { return &m.PutRecords.Bytes }),
	streamSpread("PutRecords.Latency", "put_records_latency_seconds", "How long PutRecords calls took, without their transport.",
		func(m streamMetrics) *histogram.Histogram { return m.PutRecords.Latency }),
	streamCount("PutRecords.Success", "put_records_success_total", "PutRecords calls of which at least one record was stored.",
		func(m streamMetrics) *atomic.Uint64 { return &m.PutRecords.Success }),
	streamCount("PutRecords.Success (SampleCount)", "put_records_calls_total", "PutRecords calls.",
		func(m streamMetrics) *atomic.Uint64 { return &m.PutRecords.Calls }),
	streamCount("PutRecords.TotalRecords", "put_records_records_total", "Records of PutRecords calls, stored or not.",
		func(m streamMetrics) *atomic.Uint64 { return &m.TotalRecords }),
	streamCount("PutRecords.SuccessfulRecords", "put_records_successful_records_total", "Records that PutRecords stored.",
		func(m streamMetrics) *atomic.Uint64 { return &m.SuccessfulRecords }),
	streamCount("PutRecords.FailedRecords", "put_records_failed_records_total", "Records of PutRecords calls that were not stored because of an internal failure.",
		func(m streamMetrics) *atomic.Uint64 { return &m.FailedRecords }),
	streamCount("PutRecords.ThrottledRecords", "put_records_throttled_records_total", "Records of PutRecords calls that were throttled.",
		func(m streamMetrics) *atomic.Uint64 { return &m.ThrottledRecords }),
	streamCount("ReadProvisionedThroughputExceeded", "read_provisioned_throughput_exceeded_total", "GetRecords calls that were throttled.",
		func(m streamMetrics) *atomic.Uint64 { return &m.ReadProvisionedThroughputExceeded }),
	streamCount("WriteProvisionedThroughputExceeded", "write_provisioned_throughput_exceeded_total", "Records that were throttled, of both ways to put.",
		func(m streamMetrics) *atomic.Uint64 { return &m.WriteProvisionedThroughputExceeded }),
}

// consumerFigures are those of AWS at the level of consumers.
var consumerFigures = []*read[consumerMetrics]{
	consumerCount("SubscribeToShard.RateExceeded", "subscribe_to_shard_rate_exceeded_total", "SubscribeToShard calls that were refused for their rate, or because a subscription was active.",
		func(m consumerMetrics) *atomic.Uint64 { return &m.RateExceeded }),
	consumerCount("SubscribeToShard.Success", "subscribe_to_shard_success_total", "SubscribeToShard calls that succeeded.",
		func(m consumerMetrics) *atomic.Uint64 { return &m.Success }),
	consumerCount("SubscribeToShardEvent.Bytes", "subscribe_to_shard_event_bytes_total", "Bytes of data and partition keys that were pushed.",
		func(m consumerMetrics) *atomic.Uint64 { return &m.Bytes }),
	consumerCount("SubscribeToShardEvent.Records", "subscribe_to_shard_event_records_total", "Records that were pushed.",
		func(m consumerMetrics) *atomic.Uint64 { return &m.Records }),
	{figure{"SubscribeToShardEvent.MillisBehindLatest", "leat_kinesis_subscribe_to_shard_event_behind_latest_seconds",
		"How far each event was behind the tip of its shard.", ofConsumer, spread},
		nil, func(m consumerMetrics) histogram.Snapshot { return m.MillisBehindLatest.Snapshot() }},
	consumerCount("SubscribeToShardEvent.Success", "subscribe_to_shard_event_success_total", "Events that were pushed.",
		func(m consumerMetrics) *atomic.Uint64 { return &m.Events }),
}

// shardFigures are those of AWS at the level of shards, of streams for which
// they are enabled by the names that they have in AWS.
var shardFigures = []*read[shardMetrics]{
	shardCount(types.MetricsNameIncomingBytes, "shard_incoming_bytes_total", "Bytes of data and partition keys that were stored.",
		func(m shardMetrics) *atomic.Uint64 { return &m.IncomingBytes }),
	shardCount(types.MetricsNameIncomingRecords, "shard_incoming_records_total", "Records that were stored.",
		func(m shardMetrics) *atomic.Uint64 { return &m.IncomingRecords }),
	shardCount(types.MetricsNameOutgoingBytes, "shard_outgoing_bytes_total", "Bytes of data and partition keys that GetRecords returned, or that were pushed.",
		func(m shardMetrics) *atomic.Uint64 { return &m.OutgoingBytes }),
	shardCount(types.MetricsNameOutgoingRecords, "shard_outgoing_records_total", "Records that GetRecords returned, or that were pushed.",
		func(m shardMetrics) *atomic.Uint64 { return &m.OutgoingRecords }),
	{figure{string(types.MetricsNameIteratorAgeMilliseconds), "leat_kinesis_shard_iterator_age_seconds",
		"Age of the last record of each GetRecords call; 0 for a call without records.", ofShard, spread},
		nil, func(m shardMetrics) histogram.Snapshot { return m.IteratorAge.Snapshot() }},
	shardCount(types.MetricsNameReadProvisionedThroughputExceeded, "shard_read_provisioned_throughput_exceeded_total", "GetRecords calls that were throttled.",
		func(m shardMetrics) *atomic.Uint64 { return &m.ReadProvisionedThroughputExceeded }),
	shardCount(types.MetricsNameWriteProvisionedThroughputExceeded, "shard_write_provisioned_throughput_exceeded_total", "Records that were throttled.",
		func(m shardMetrics) *atomic.Uint64 { return &m.WriteProvisionedThroughputExceeded }),
}

// serviceFigures are of all streams together.
var serviceFigures = []*read[totals]{
	{figure{"", "leat_kinesis_streams", "Streams that exist.", nil, gauge}, func(t totals) float64 { return float64(t.streams) }, nil},
	{figure{"", "leat_kinesis_open_shards", "Open shards of all streams.", nil, gauge}, func(t totals) float64 { return float64(t.openShards) }, nil},
	{figure{"", "leat_kinesis_consumers", "Registered consumers of all streams.", nil, gauge}, func(t totals) float64 { return float64(t.consumers) }, nil},
	{figure{"", "leat_kinesis_subscriptions", "Subscriptions that are active.", nil, gauge}, func(t totals) float64 { return float64(t.subscriptions) }, nil},
}

type totals struct{ streams, openShards, consumers, subscriptions int }

func streamCount(aws, name, help string, of func(streamMetrics) *atomic.Uint64) *read[streamMetrics] {
	return &read[streamMetrics]{figure{aws, "leat_kinesis_" + name, help, ofStream, counter}, load(of), nil}
}

func streamSpread(aws, name, help string, of func(streamMetrics) *histogram.Histogram) *read[streamMetrics] {
	return &read[streamMetrics]{figure{aws, "leat_kinesis_" + name, help, ofStream, spread},
		nil, func(m streamMetrics) histogram.Snapshot { return of(m).Snapshot() }}
}

func consumerCount(aws, name, help string, of func(consumerMetrics) *atomic.Uint64) *read[consumerMetrics] {
	return &read[consumerMetrics]{figure{aws, "leat_kinesis_" + name, help, ofConsumer, counter}, load(of), nil}
}

func shardCount(aws types.MetricsName, name, help string, of func(shardMetrics) *atomic.Uint64) *read[shardMetrics] {
	return &read[shardMetrics]{figure{string(aws), "leat_kinesis_" + name, help, ofShard, counter}, load(of), nil}
}

// load returns what reads a counter of M.
func load[M any](of func(M) *atomic.Uint64) func(M) float64 {
	return func(m M) float64 { return float64(of(m).Load()) }
}

func (c *collector) collectKinesis(out chan<- prometheus.Metric) {
	all := totals{subscriptions: c.Kinesis.ActiveSubscriptions()}
	for _, x := range c.Catalog.All() {
		all.streams++
		all.openShards += len(x.Open())
		all.consumers += len(x.Consumers)
	}
	show(c, out, serviceFigures, all)
	c.Kinesis.EachMetrics(func(x *catalog.Stream, m streamMetrics) {
		show(c, out, streamFigures, m, x.Account, x.Region, x.Name)
		m.EachConsumer(x, func(name string, m consumerMetrics) {
			show(c, out, consumerFigures, m, x.Account, x.Region, x.Name, name)
		})
		shown := enabled(x)
		m.EachShard(x, func(id stream.ShardID, m shardMetrics) {
			show(c, out, shown, m, x.Account, x.Region, x.Name, id.String())
		})
	})
}

// enabled returns the figures of shards that are switched on for a stream.
func enabled(x *catalog.Stream) []*read[shardMetrics] {
	return slices.DeleteFunc(slices.Clone(shardFigures), func(r *read[shardMetrics]) bool { return !monitors(x, r.aws) })
}

// monitors reports whether the metric of shards with the name is switched on.
func monitors(x *catalog.Stream, name string) bool {
	return slices.Contains(x.Monitored, types.MetricsName(name))
}
