package kinesis

import (
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// What AWS/Kinesis measures (spec data-streams §22) is counted here from the
// start of the server on, under AWS's own names, dots left out. AWS's Success
// is a 1 or 0 per call; here it is how many were a 1, beside how many Calls.
// Bytes are of data and partition keys.
//
// Counted are the calls that got as far as their stream, but for dry runs.

// StreamMetrics counts what happens to a stream.
type StreamMetrics struct {
	PutRecord, PutRecords, GetRecords OperationMetrics

	// Of PutRecords.
	TotalRecords, SuccessfulRecords, FailedRecords, ThrottledRecords atomic.Uint64
	// Of both ways to put.
	IncomingBytes, IncomingRecords     atomic.Uint64
	WriteProvisionedThroughputExceeded atomic.Uint64 // records
	// Of GetRecords.
	Records                           atomic.Uint64
	IteratorAge                       *histogram.Histogram // when there were records
	ReadProvisionedThroughputExceeded atomic.Uint64        // calls

	shards    metricsMap[uint32, ShardMetrics]
	consumers metricsMap[string, ConsumerMetrics]
}

// OperationMetrics counts the calls of an operation.
type OperationMetrics struct {
	Calls, Success, Bytes atomic.Uint64
	Latency               *histogram.Histogram
}

// call counts one call.
func (m *OperationMetrics) call(took time.Duration, ok bool, bytes int) {
	m.Calls.Add(1)
	if ok {
		m.Success.Add(1)
	}
	m.Bytes.Add(uint64(bytes))
	m.Latency.Observe(took)
}

// ShardMetrics counts what happens to a shard while its stream has any shard-level
// metric enabled.
type ShardMetrics struct {
	IncomingBytes, IncomingRecords     atomic.Uint64
	OutgoingBytes, OutgoingRecords     atomic.Uint64 // to GetRecords and subscribers
	IteratorAge                        *histogram.Histogram
	ReadProvisionedThroughputExceeded  atomic.Uint64 // calls
	WriteProvisionedThroughputExceeded atomic.Uint64 // records
}

// ConsumerMetrics counts what happens to a consumer with enhanced fan-out.
type ConsumerMetrics struct {
	// Of SubscribeToShard: calls refused for being too many or too soon, and
	// calls that succeeded.
	RateExceeded, Success atomic.Uint64
	// Of SubscribeToShardEvent.
	Events, Bytes, Records atomic.Uint64
	MillisBehindLatest     *histogram.Histogram
}

// Upper bounds: few, for each stream has all of them.
var (
	latencyBounds = []time.Duration{
		time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond,
		25 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, 2500 * time.Millisecond,
	}
	ageBounds = []time.Duration{
		100 * time.Millisecond, time.Second, 10 * time.Second, time.Minute, 10 * time.Minute,
		time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
	}
)

func newStreamMetrics() *StreamMetrics {
	m := &StreamMetrics{IteratorAge: histogram.New(ageBounds)}
	for _, o := range []*OperationMetrics{&m.PutRecord, &m.PutRecords, &m.GetRecords} {
		o.Latency = histogram.New(latencyBounds)
	}
	return m
}

func newShardMetrics() *ShardMetrics {
	return &ShardMetrics{IteratorAge: histogram.New(ageBounds)}
}

func newConsumerMetrics() *ConsumerMetrics {
	return &ConsumerMetrics{MillisBehindLatest: histogram.New(ageBounds)}
}

// ActiveSubscriptions returns how many there are.
func (s *Service) ActiveSubscriptions() int {
	s.subscriptions.mu.Lock()
	defer s.subscriptions.mu.Unlock()
	n := 0
	for _, p := range s.subscriptions.mu.slots {
		if p.active != nil {
			n++
		}
	}
	return n
}

// EachMetrics calls visit with the metrics of each stream that was used since the
// server started and still exists.
func (s *Service) EachMetrics(visit func(x *catalog.Stream, m *StreamMetrics)) {
	s.metrics.each(s.hasStream, func(id storage.StreamID, m *StreamMetrics) {
		if x, ok := s.catalog.StreamByID(id); ok {
			visit(x, m)
		}
	})
}

// EachShard calls visit with the metrics of each shard of x that has any, as long
// as shard-level metrics are enabled.
func (m *StreamMetrics) EachShard(x *catalog.Stream, visit func(id stream.ShardID, m *ShardMetrics)) {
	m.shards.each(measured(x), func(index uint32, m *ShardMetrics) { visit(stream.ShardID(index), m) })
}

// EachConsumer calls visit with the metrics of each consumer of x that was used.
func (m *StreamMetrics) EachConsumer(x *catalog.Stream, visit func(name string, m *ConsumerMetrics)) {
	m.consumers.each(registered(x), visit)
}

// metricsOf returns the metrics of the stream.
func (s *Service) metricsOf(x *catalog.Stream) *StreamMetrics {
	if m := s.metrics.get(x.ID); m != nil {
		return m
	}
	return s.metrics.add(x.ID, newStreamMetrics, s.hasStream)
}

// hasStream reports whether the stream still exists.
func (s *Service) hasStream(id storage.StreamID) bool {
	_, ok := s.catalog.StreamByID(id)
	return ok
}

// shardMetrics returns the metrics of a shard, nil when none are wanted.
func (s *Service) shardMetrics(x *catalog.Stream, index uint32) *ShardMetrics {
	if len(x.Monitored) == 0 {
		return nil
	}
	shards := &s.metricsOf(x).shards
	if m := shards.get(index); m != nil {
		return m
	}
	return shards.add(index, newShardMetrics, measured(x))
}

// measured returns what tells whether a shard of x has metrics.
func measured(x *catalog.Stream) func(index uint32) bool {
	return func(index uint32) bool {
		_, ok := x.Shard(stream.ShardID(index))
		return ok && len(x.Monitored) > 0
	}
}

// consumerMetrics returns the metrics of a consumer of the stream.
func (s *Service) consumerMetrics(x *catalog.Stream, name string) *ConsumerMetrics {
	consumers := &s.metricsOf(x).consumers
	if m := consumers.get(name); m != nil {
		return m
	}
	return consumers.add(name, newConsumerMetrics, registered(x))
}

// registered returns what tells whether x has a consumer.
func registered(x *catalog.Stream) func(name string) bool {
	return func(name string) bool {
		_, ok := x.Consumer(name)
		return ok
	}
}
