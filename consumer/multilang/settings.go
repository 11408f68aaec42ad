package multilang

import (
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
	// Application names the lease table, unless Table does.
	Application, Table string
	// Region, and where Kinesis, DynamoDB and CloudWatch are if not in AWS.
	Region, KinesisEndpoint, DynamoDBEndpoint, CloudWatchEndpoint string
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
		Table:              p.Get("tableName"),
		Region:             p.Get("regionName"),
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
	if s.Table == "" {
		s.Table = s.Application
	}
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

func (r *reader) duration(name string, unit time.Duration) time.Duration {
	return time.Duration(r.number(name)) * unit
}

// flag returns a truth, or what it is by default.
func (r *reader) flag(name string, byDefault bool) bool {
	switch strings.ToLower(r.p.Get(name)) {
	case "":
		return byDefault
	case "true":
		return true
	case "false":
		return false
	}
	r.fail("%s is %q, neither true nor false", name, r.p.Get(name))
	return byDefault
}

// options returns the worker's options.
func (r *reader) options(application string) []consumer.Option {
	options := []consumer.Option{consumer.From(r.position()), consumer.Policy(r.policy())}
	if stream := r.p.Get("streamArn", "streamName"); stream != "" {
		options = append(options, consumer.Stream(stream))
	} else {
		r.fail("streamName is missing")
	}
	if id := r.p.Get("workerId"); id != "" {
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
	if strings.Contains(strings.ToUpper(r.p.Get("clientVersionConfig")), "COMPATIBLE_WITH_2X") {
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
	if name := r.p.Get("fanoutConfig.consumerName"); name != "" {
		return name
	}
	return application
}

// policy returns by what rules leases are assigned.
func (r *reader) policy() lease.Policy {
	p := lease.Policy{
		Failover:       r.duration("failoverTimeMillis", time.Millisecond),
		MaxLeases:      r.number("maxLeasesForWorker"),
		MaxSteal:       r.number("maxLeasesToStealAtOneTime"),
		NoPriority:     !r.flag("enablePriorityLeaseAssignment", true),
		NoHandoff:      !r.flag("isGracefulLeaseHandoffEnabled", true),
		HandoffTimeout: r.duration("gracefulLeaseHandoffTimeoutMillis", time.Millisecond),
		BalanceEvery:   r.number("varianceBalancingFrequency"),
	}
	p.RebalanceThreshold = float64(r.number("reBalanceThresholdPercentage"))
	p.Dampening = float64(r.number("dampeningPercentage"))
	p.MaxThroughput = float64(r.number("maxThroughputPerHostKBps"))
	if r.oneOf("leaseAssignmentStrategy", "WORKER_UTILIZATION_AWARE", "LEASE_COUNT_BASED") == "LEASE_COUNT_BASED" {
		p.Strategy = lease.ByCount
	}
	return p
}
