package producer

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/leat-io/leat/aggregation"
)

// Option changes how a Producer works. Those with a name of the KPL's
// configuration mean what they mean there, and have its default and its range.
type Option func(*config)

type config struct {
	recordMaxBufferedTime time.Duration
	recordTTL             time.Duration
	aggregation           bool
	aggregationMaxCount   int
	aggregationMaxSize    int
	collectionMaxCount    int
	collectionMaxSize     int
	maxUserRecordSize     int
	rateLimit             int
	failIfThrottled       bool
	maxConnections        int
	requestTimeout        time.Duration
	maxBufferedRecords    int
	maxBufferedBytes      int
	inOrder               bool
	sinks                 []MetricsSink
	metricsLevel          MetricsLevel
	metricsGranularity    MetricsGranularity
	metricsUploadDelay    time.Duration
	logger                *slog.Logger
}

func defaults() config {
	return config{
		recordMaxBufferedTime: 100 * time.Millisecond,
		recordTTL:             30 * time.Second,
		aggregation:           true,
		aggregationMaxCount:   math.MaxUint32,
		aggregationMaxSize:    aggregation.DefaultMaxSize,
		collectionMaxCount:    500,
		collectionMaxSize:     5 << 20,
		maxUserRecordSize:     1 << 20,
		rateLimit:             150,
		maxConnections:        24,
		requestTimeout:        6 * time.Second,
		maxBufferedRecords:    1_000_000,
		maxBufferedBytes:      64 << 20,
		metricsLevel:          MetricsDetailed,
		metricsGranularity:    MetricsByShard,
		metricsUploadDelay:    time.Minute,
		logger:                slog.New(slog.DiscardHandler),
	}
}

// RecordMaxBufferedTime is how long a record waits for others before it is
// sent, 100 ms by default. 0 sends what is there whenever a connection is free.
func RecordMaxBufferedTime(d time.Duration) Option {
	return func(c *config) { c.recordMaxBufferedTime = d }
}

// RecordTTL is how long a record is tried before it fails with CodeExpired, at
// least 100 ms, 30 s by default. It counts from the first record of an
// aggregate; a request that is under way when it ends is waited for.
func RecordTTL(d time.Duration) Option { return func(c *config) { c.recordTTL = d } }

// AggregationEnabled says whether many user records become one Kinesis record,
// as by default. Without it consumers need not know of aggregation.
func AggregationEnabled(on bool) Option { return func(c *config) { c.aggregation = on } }

// AggregationMaxCount is how many user records an aggregate has at most,
// 4,294,967,295 by default.
func AggregationMaxCount(n int) Option { return func(c *config) { c.aggregationMaxCount = n } }

// AggregationMaxSize is how many bytes an aggregate has at most, from 64 to 10
// MiB, 51,200 by default. A larger user record travels alone.
func AggregationMaxSize(bytes int) Option { return func(c *config) { c.aggregationMaxSize = bytes } }

// CollectionMaxCount is how many Kinesis records a PutRecords request has at
// most, from 1 to 500, 500 by default.
func CollectionMaxCount(n int) Option { return func(c *config) { c.collectionMaxCount = n } }

// CollectionMaxSize is how many bytes, keys included, a PutRecords request has
// at most, from 52,224 to 10 MiB, 5 MiB by default. A larger record travels
// alone.
func CollectionMaxSize(bytes int) Option { return func(c *config) { c.collectionMaxSize = bytes } }

// MaxUserRecordSize is the longest data that Enqueue takes, from 64 bytes to 10
// MiB, 1 MiB by default. What a stream takes is a setting of the stream.
func MaxUserRecordSize(bytes int) Option { return func(c *config) { c.maxUserRecordSize = bytes } }

// RateLimit is how fast the producer writes to a shard, in percent of what the
// service allows to all producers of that shard together (1,000 Kinesis records
// and 1 MiB a second), 150 by default.
func RateLimit(percent int) Option { return func(c *config) { c.rateLimit = percent } }

// FailIfThrottled has records fail at once that the service refuses with
// ProvisionedThroughputExceededException. By default they are tried again.
func FailIfThrottled(on bool) Option { return func(c *config) { c.failIfThrottled = on } }

// MaxConnections is how many requests are under way at the same time at most,
// from 1 to 256, 24 by default. The client decides how many connections that
// takes.
func MaxConnections(n int) Option { return func(c *config) { c.maxConnections = n } }

// RequestTimeout is how long a request may take, from 100 ms to 10 minutes, 6 s
// by default.
func RequestTimeout(d time.Duration) Option { return func(c *config) { c.requestTimeout = d } }

// MaxBuffered is how many records, and how many bytes of them, wait or are under
// way at most: 1,000,000 and 64 MiB by default. Beyond that Enqueue waits. The
// KPL has no such bound.
func MaxBuffered(records, bytes int) Option {
	return func(c *config) { c.maxBufferedRecords, c.maxBufferedBytes = records, bytes }
}

// InOrder keeps the records of a partition key in the order in which they were
// enqueued, also when some are tried again and when the stream is resharded: a
// shard has one Kinesis record under way at a time. Aggregation makes up for
// most of what that costs. The order is lost where a record fails for good, and
// on streams with the distribution strategy AUTO, which has none.
func InOrder() Option { return func(c *config) { c.inOrder = true } }

// WithMetrics hands the metrics of the KPL to sinks in turn, such as
// a kplmetrics.Sink and a kplprom.Sink, every MetricsUploadDelay. Without it they
// are counted for Stats alone.
func WithMetrics(sinks ...MetricsSink) Option { return func(c *config) { c.sinks = sinks } }

// MetricsUploadDelay is how often a sink gets metrics, up to a minute, which is
// the default.
func MetricsUploadDelay(d time.Duration) Option { return func(c *config) { c.metricsUploadDelay = d } }

// WithMetricsLevel says which metrics a sink gets, MetricsDetailed by default:
// the KPL's MetricsLevel.
func WithMetricsLevel(l MetricsLevel) Option { return func(c *config) { c.metricsLevel = l } }

// WithMetricsGranularity says how finely, MetricsByShard by default: the KPL's
// MetricsGranularity.
func WithMetricsGranularity(g MetricsGranularity) Option {
	return func(c *config) { c.metricsGranularity = g }
}

// WithLogger has the producer say what an operator can act on. By default it is
// silent.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// validate reports everything that is out of range.
func (c *config) validate() error {
	var errs []error
	within := func(name string, value, least, most int) {
		if value < least || value > most {
			errs = append(errs, fmt.Errorf("%s is %d, not within %d and %d", name, value, least, most))
		}
	}
	span := func(name string, value, least, most time.Duration) {
		if value < least || value > most {
			errs = append(errs, fmt.Errorf("%s is %v, not within %v and %v", name, value, least, most))
		}
	}
	span("RecordMaxBufferedTime", c.recordMaxBufferedTime, 0, math.MaxInt64)
	span("RecordTTL", c.recordTTL, 100*time.Millisecond, math.MaxInt64)
	span("RequestTimeout", c.requestTimeout, 100*time.Millisecond, 10*time.Minute)
	span("MetricsUploadDelay", c.metricsUploadDelay, time.Millisecond, time.Minute)
	within("AggregationMaxCount", c.aggregationMaxCount, 1, math.MaxInt)
	within("AggregationMaxSize", c.aggregationMaxSize, 64, 10<<20)
	within("CollectionMaxCount", c.collectionMaxCount, 1, 500)
	within("CollectionMaxSize", c.collectionMaxSize, 52224, 10<<20)
	within("MaxUserRecordSize", c.maxUserRecordSize, 64, 10<<20)
	within("RateLimit", c.rateLimit, 1, math.MaxInt)
	within("MaxConnections", c.maxConnections, 1, 256)
	within("MaxBuffered records", c.maxBufferedRecords, 1, math.MaxInt)
	within("MaxBuffered bytes", c.maxBufferedBytes, 1, math.MaxInt)
	return errors.Join(errs...)
}
