package multilang

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/lease"
)

// Settings are what properties come to. Names that are not known are passed over,
// as the MultiLangDaemon does, and so are those that have no meaning here, such as
// the numbers of threads.
type Settings struct {
	// Application names the lease table, unless Table does, and the two tables
	// that KCL 3.0 to 3.4 have besides, unless the next two do.
	Application, Table                      string
	CoordinatorStateTable, WorkerStatsTable string
	// Region is that of all clients, but of those that have one of their own.
	Region, DynamoDBRegion, CloudWatchRegion string
	// Where Kinesis, DynamoDB and CloudWatch are if not in AWS.
	KinesisEndpoint, DynamoDBEndpoint, CloudWatchEndpoint string
	// Command starts the record processor. It has no logger yet.
	Command Command
	// Options are those of the worker.
	Options []consumer.Option
	// MetricsLevel is NONE, SUMMARY or DETAILED.
	MetricsLevel string
}

// Settings returns what the properties come to. The error names all that is
// missing or cannot be read.
func (p Properties) Settings() (Settings, error) {
	r := reader{p: p}
	s := Settings{
		Application:        r.required("applicationName"),
		Region:             p.Get("regionName", "kinesisClient.region"),
		DynamoDBRegion:     p.Get("dynamoDBRegionName", "dynamoDbClient.region"),
		CloudWatchRegion:   p.Get("cloudWatchRegionName", "cloudWatchClient.region"),
		KinesisEndpoint:    p.Get("kinesisEndpoint", "kinesisClient.endpointOverride"),
		DynamoDBEndpoint:   p.Get("dynamoDBEndpoint", "dynamoDbClient.endpointOverride"),
		CloudWatchEndpoint: p.Get("cloudWatchEndpoint", "cloudWatchClient.endpointOverride"),
		MetricsLevel:       r.oneOf("metricsLevel", "DETAILED", "NONE", "SUMMARY"),
		Command: Command{
			Timeout: r.duration("timeoutInSeconds", time.Second),
			Grace:   r.duration("shutdownGraceMillis", time.Millisecond),
		},
	}
	if words := strings.Fields(r.required("executableName")); len(words) > 0 {
		s.Command.Path, s.Command.Args = words[0], words[1:]
	}
	s.Table = cmp.Or(p.Get("tableName"), s.Application)
	s.CoordinatorStateTable = cmp.Or(p.Get("coordinatorStateTableName"), s.Application+"-CoordinatorState")
	s.WorkerStatsTable = cmp.Or(p.Get("workerMetricsTableName"), s.Application+"-WorkerMetricStats")
	s.Options = r.options(s.Application)
	return s, errors.Join(r.errs...)
}

// reader reads properties and collects what is wrong with them.
type reader struct {
	p    Properties
	errs []error
}

func (r *reader) fail(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

func (r *reader) required(name string) string {
	value := r.p.Get(name)
	if value == "" {
		r.fail("%s is missing", name)
	}
	return value
}

// oneOf returns a word of a list, the first one when there is none.
func (r *reader) oneOf(name string, words ...string) string {
	value := strings.ToUpper(r.p.Get(name))
	if value == "" {
		return words[0]
	}
	for _, word := range words {
		if value == word {
			return word
		}
	}
	r.fail("%s is %q, not one of %v", name, value, words)
	return words[0]
}

// number returns a number, 0 when there is none.
func (r *reader) number(name string) int {
	value := r.p.Get(name)
	if value == "" {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		r.fail("%s is %q, not a number", name, value)
	}
	return n
}

// duration returns so many units, 0 when there are none. Whoever means for ever,
// with a number that is too large for a duration, gets lease.MaxDuration.
func (r *reader) duration(name string, unit time.Duration) time.Duration {
	return min(time.Duration(r.number(name)), lease.MaxDuration/unit) * unit
}

// decimal returns a number that may have a fraction, 0 when there is none.
func (r *reader) decimal(name string) float64 {
	value := r.p.Get(name)
	if value == "" {
		return 0
	}
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || !(x >= 0) {
		r.fail("%s is %q, not a number", name, value)
	}
	return x
}

// flag returns a truth, or what it is by default. The daemon knows all of these
// words.
func (r *reader) flag(name string, byDefault bool) bool {
	switch strings.ToLower(r.p.Get(name)) {
	case "":
		return byDefault
	case "true", "yes", "y", "on", "1":
		return true
	case "false", "no", "n", "off", "0":
		return false
	}
	r.fail("%s is %q, neither true nor false", name, r.p.Get(name))
	return byDefault
}

// What clientVersionConfig may be.
const (
	version3x = "CLIENT_VERSION_CONFIG_3X"
	version2x = "CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X"
)

// options returns the worker's options.
func (r *reader) options(application string) []consumer.Option {
	options := []consumer.Option{consumer.From(r.position()), consumer.Policy(r.policy())}
	if stream := r.p.Get("streamArn", "streamName"); stream != "" {
		options = append(options, consumer.Stream(stream))
	} else {
		r.fail("streamName is missing")
	}
	if id := r.p.Get("workerId", "workerIdentifier"); id != "" {
		options = append(options, consumer.WorkerID(id))
	}
	if name := r.fanOut(application); name != "" {
		options = append(options, consumer.EnhancedFanOut(name))
	}
	if n := r.number("maxRecords"); n > 0 {
		options = append(options, consumer.MaxRecords(n))
	}
	for _, d := range []struct {
		name   string
		unit   time.Duration
		option func(time.Duration) consumer.Option
	}{
		{"shutdownGraceMillis", time.Millisecond, consumer.ShutdownGrace},
		{"idleTimeBetweenReadsInMillis", time.Millisecond, consumer.IdleTime},
		{"parentShardPollIntervalMillis", time.Millisecond, consumer.ParentPollInterval},
		{"logWarningForTaskAfterMillis", time.Millisecond, consumer.WarnAfter},
	} {
		if value := r.duration(d.name, d.unit); value > 0 {
			options = append(options, d.option(value))
		}
	}
	if r.flag("callProcessRecordsEvenForEmptyRecordList", false) {
		options = append(options, consumer.EmptyBatches())
	}
	if !r.flag("cleanupLeasesUponShardCompletion", true) {
		options = append(options, consumer.KeepEndedLeases())
	}
	if r.oneOf("clientVersionConfig", version3x, version2x, version2x+"_PHASE1") != version3x {
		options = append(options, consumer.Compatible2x())
	}
	return options
}

// position returns where to begin; with the latest records unless told
// otherwise, as the KCL.
func (r *reader) position() consumer.InitialPosition {
	if seconds := r.number("initialPositionInStreamExtended"); seconds > 0 {
		return consumer.FromTimestamp(time.Unix(int64(seconds), 0))
	}
	if r.oneOf("initialPositionInStream", "LATEST", "TRIM_HORIZON") == "TRIM_HORIZON" {
		return consumer.FromTrimHorizon()
	}
	return consumer.FromLatest()
}

// fanOut returns the name of the consumer, or "" when shards are polled: records
// are pushed unless there are settings for polling.
func (r *reader) fanOut(application string) string {
	mode := r.oneOf("retrievalMode", "DEFAULT", "FANOUT", "POLLING")
	polls := r.p.Get("maxRecords", "idleTimeBetweenReadsInMillis", "retryGetRecordsInSeconds", "maxGetRecordsThreadPool") != ""
	if mode == "POLLING" || mode == "DEFAULT" && polls {
		return ""
	}
	if arn := r.p.Get("fanoutConfig.consumerArn"); arn != "" {
		return r.consumerIn(arn)
	}
	return cmp.Or(r.p.Get("fanoutConfig.consumerName"), application)
}

// consumerIn returns the name of the consumer that has an ARN, which ends in
// stream/STREAM/consumer/NAME:CREATED.
func (r *reader) consumerIn(arn string) string {
	_, of, _ := strings.Cut(arn, "/consumer/")
	name, _, _ := strings.Cut(of, ":")
	if name == "" {
		r.fail("fanoutConfig.consumerArn is %q, not the ARN of a consumer", arn)
	}
	return name
}

// policy returns by what rules leases are assigned.
func (r *reader) policy() lease.Policy {
	p := lease.Policy{
		Failover:           r.duration("failoverTimeMillis", time.Millisecond),
		MaxLeases:          r.number("maxLeasesForWorker"),
		MaxSteal:           r.number("maxLeasesToStealAtOneTime"),
		NoPriority:         !r.flag("enablePriorityLeaseAssignment", true),
		NoHandoff:          !r.flag("isGracefulLeaseHandoffEnabled", true),
		HandoffTimeout:     r.duration("gracefulLeaseHandoffTimeoutMillis", time.Millisecond),
		ReportInterval:     r.duration("workerMetricsReporterFreqInMillis", time.Millisecond),
		BalanceEvery:       r.number("varianceBalancingFrequency"),
		RebalanceThreshold: float64(r.number("reBalanceThresholdPercentage")),
		Dampening:          float64(r.number("dampeningPercentage")),
		NoOvershoot:        !r.flag("allowThroughputOvershoot", true),
		Alpha:              r.decimal("workerMetricsEMAAlpha"),
		MaxThroughput:      r.decimal("maxThroughputPerHostKBps"),
	}
	if r.oneOf("leaseAssignmentStrategy", "WORKER_UTILIZATION_AWARE", "LEASE_COUNT_BASED") == "LEASE_COUNT_BASED" {
		p.Strategy = lease.ByCount
	}
	return p
}
