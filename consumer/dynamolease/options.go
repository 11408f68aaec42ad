package dynamolease

import "time"

// Option changes how a Store keeps its table. The names in parentheses are
// those of the KCL's settings.
type Option func(*options)

type options struct {
	table, coordinator, stats string
	read, write               int64
	tags                      map[string]string
	protected                 bool
	consistent                bool
	segments                  int32
	timeout, poll             time.Duration
}

// TableName names the lease table (tableName). The default is the name of the
// application.
func TableName(name string) Option { return func(o *options) { o.table = name } }

// LegacyTableNames names the two tables that KCL 3.0 to 3.4 have besides
// (coordinatorStateTableName, workerMetricsTableName). The defaults are the
// name of the application with "-CoordinatorState" and "-WorkerMetricStats".
func LegacyTableNames(coordinatorState, workerMetricStats string) Option {
	return func(o *options) { o.coordinator, o.stats = coordinatorState, workerMetricStats }
}

// Provisioned has the table created with this many read and write capacity
// units (billingMode, initialLeaseTableReadCapacity and WriteCapacity). The
// default is to pay per request.
func Provisioned(read, write int64) Option {
	return func(o *options) { o.read, o.write = read, write }
}

// Tags has the table created with these tags.
func Tags(tags map[string]string) Option { return func(o *options) { o.tags = tags } }

// DeletionProtection has the table created so that it cannot be deleted
// (leaseTableDeletionProtectionEnabled).
func DeletionProtection() Option { return func(o *options) { o.protected = true } }

// ConsistentReads has single leases read with strong consistency, which costs
// twice as much (consistentReads).
func ConsistentReads() Option { return func(o *options) { o.consistent = true } }

// ScanSegments is how many parts of the table are listed at a time
// (leaseTableScanTotalSegments). The default depends on the size of the table.
func ScanSegments(n int) Option { return func(o *options) { o.segments = int32(n) } }

// RequestTimeout bounds each request, retries of the client included
// (dynamoDbRequestTimeout). The default is a minute.
func RequestTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// PollInterval is how long Open waits before it looks again whether a table or
// an index has become active. The default is ten seconds.
func PollInterval(d time.Duration) Option { return func(o *options) { o.poll = d } }

// newOptions returns the options of an application.
func newOptions(application string, opts []Option) options {
	o := options{
		table: application, coordinator: application + "-CoordinatorState", stats: application + "-WorkerMetricStats",
		timeout: time.Minute, poll: 10 * time.Second,
	}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}
