package consumer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"time"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/internal/clock"
)

// Option changes what New makes. Durations are for real time unless WithClock
// says otherwise; where the KCL has a setting of the same meaning, its name is
// given (spec clients §3.3).
type Option func(*settings)

// settings are what the options come to.
type settings struct {
	sources []source
	multi   bool
	list    func(context.Context) ([]StreamID, error) // nil when sources are all
	initial InitialPosition

	forgets     bool // streams that are not listed any more
	forgetAfter time.Duration

	workerID string
	policy   lease.Policy
	mode     lease.Mode
	election lease.ElectionOptions

	idle          time.Duration
	maxRecords    int
	emptyBatches  bool
	skipFailed    bool
	fanOut        string // the consumer's name; "" polls
	parentPoll    time.Duration
	cleanUpEvery  time.Duration
	keepEnded     bool
	auditEvery    time.Duration
	shutdownGrace time.Duration
	warnAfter     time.Duration
	metrics       []MetricsSink
	cpu           func() (percent float64, err error) // nil when it is not reported

	clock  Clock
	logger *slog.Logger

	errs []error
}

// gather applies options to the defaults.
func gather(options []Option) (settings, error) {
	o := settings{
		initial:       FromTrimHorizon(),
		workerID:      defaultWorkerID(),
		idle:          time.Second,
		maxRecords:    maxGetRecords,
		parentPoll:    2 * time.Second,
		cleanUpEvery:  time.Minute,
		auditEvery:    2 * time.Minute,
		shutdownGrace: 30 * time.Second,
		warnAfter:     time.Minute,
		clock:         clock.System{},
		logger:        slog.New(slog.DiscardHandler),
	}
	o.policy.Failover = 10 * time.Second
	o.policy.HandoffTimeout = 30 * time.Second
	o.policy.MaxLeases = math.MaxInt32
	o.policy.ReportInterval = 30 * time.Second
	if meter := systemCPU(); meter != nil {
		o.cpu = meter.percent
	}
	for _, apply := range options {
		apply(&o)
	}
	switch {
	case o.list == nil && o.forgets:
		o.fail("ForgetStreams: only with StreamsFrom")
	case o.list == nil && len(o.sources) == 0:
		o.fail("no stream: use the option Stream, Streams or StreamsFrom")
	case o.list != nil && len(o.sources) > 0:
		o.fail("StreamsFrom and the other options for streams exclude each other")
	case o.list != nil:
		o.auditEvery = listEvery
	}
	for _, s := range o.sources {
		if o.multi && s.id == (StreamID{}) {
			o.fail("Stream and Streams exclude each other")
		}
	}
	if err := o.policy.Validate(); err != nil {
		o.errs = append(o.errs, err)
	}
	o.logger = o.logger.With("worker", o.workerID)
	o.election.Now = o.clock.Now
	return o, errors.Join(o.errs...)
}

func (o *settings) fail(format string, args ...any) {
	o.errs = append(o.errs, fmt.Errorf(format, args...))
}

// atLeast notes that d is too short for what it is for.
func (o *settings) atLeast(what string, d, least time.Duration) {
	if d < least {
		o.fail("%s of %v: at least %v", what, d, least)
	}
}

// defaultWorkerID returns a name that no other worker has.
func defaultWorkerID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return host + ":" + rand.Text()
}

// From is where to begin with a stream that has no leases yet; FromTrimHorizon
// unless told otherwise. It has no effect once there are leases.
func From(p InitialPosition) Option {
	return func(o *settings) { o.initial = p }
}

// WorkerID names the worker. The default is the host's name and a random text.
// Two workers that run at the same time must not have the same name.
func WorkerID(id string) Option {
	return func(o *settings) {
		if id == "" {
			o.fail("WorkerID: empty")
		}
		o.workerID = id
	}
}

// FailoverTime is after how long without a sign of life a worker's leases are
// given to others; 10 s by default. All workers of an application must agree.
// Leases are renewed three times as often (failoverTimeMillis). At least
// lease.MinFailover.
func FailoverTime(d time.Duration) Option {
	return func(o *settings) {
		o.atLeast("FailoverTime", d, lease.MinFailover)
		o.policy.Failover = max(d, lease.MinFailover) // one complaint is enough
	}
}

// MaxLeases is the most shards that the worker takes at a time; no limit by
// default (maxLeasesForWorker).
func MaxLeases(n int) Option {
	return func(o *settings) {
		if n < 1 {
			o.fail("MaxLeases of %d: at least 1", n)
		}
		o.policy.MaxLeases = max(n, 1)
	}
}

// Policy is by what rules the worker assigns leases when it leads, and takes
// them in 2.x mode. Its Failover and MaxLeases are those of FailoverTime and
// MaxLeases unless they are set. Without this option the KCL's defaults are in
// force.
func Policy(p lease.Policy) Option {
	return func(o *settings) {
		if p.Failover == 0 {
			p.Failover = o.policy.Failover
		}
		if p.MaxLeases == 0 {
			p.MaxLeases = o.policy.MaxLeases
		}
		if p.HandoffTimeout == 0 {
			p.HandoffTimeout = o.policy.HandoffTimeout
		}
		if p.ReportInterval == 0 {
			p.ReportInterval = o.policy.ReportInterval
		}
		o.policy = p
	}
}

// CPUUtilization has the worker report to the leader what f returns: how busy,
// from 0 to 100 percent, the processors that it may use were since the last call.
// The leader evens that out. With nil it reports nothing, and the leader goes by
// the throughput of the leases of all workers; so it should be where several
// workers share a machine or a container (disableWorkerMetrics).
//
// Without this option it is measured where the KCL does so: in containers of
// Kubernetes and ECS, and on machines of EC2. As long as f returns an error, or
// no number from 0 on, the worker is given no leases. f is called by one goroutine
// at a time.
func CPUUtilization(f func() (percent float64, err error)) Option {
	return func(o *settings) { o.cpu = f }
}

// Compatible2x is for a fleet that still has workers of KCL 2.x: leases are
// taken as they do, as long as the lease store does not say otherwise
// (CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X).
func Compatible2x() Option {
	return func(o *settings) { o.mode = lease.Mode2x }
}

// Election sets how leaders are elected; Now is that of WithClock.
func Election(e lease.ElectionOptions) Option {
	return func(o *settings) { o.election = e }
}

// IdleTime is the pause between two reads of a shard that has nothing more to
// give; 1 s by default, with which five applications can share a shard on AWS.
// While there is more, the next read follows at once
// (idleTimeBetweenReadsInMillis).
func IdleTime(d time.Duration) Option {
	return func(o *settings) {
		o.atLeast("IdleTime", d, time.Millisecond)
		o.idle = d
	}
}

// MaxRecords is the most Kinesis records that one read asks for; 10,000 by
// default. A batch has more where they are aggregated.
func MaxRecords(n int) Option {
	return func(o *settings) {
		if n < 1 || n > maxGetRecords {
			o.fail("MaxRecords of %d: 1 to %d", n, maxGetRecords)
		}
		o.maxRecords = n
	}
}

// EnhancedFanOut has records pushed by SubscribeToShard instead of polling for
// them, to a consumer of the stream of this name, which is registered when
// there is none. The client must be a *kinesis.Client or a FanOut.
func EnhancedFanOut(consumerName string) Option {
	return func(o *settings) {
		if consumerName == "" {
			o.fail("EnhancedFanOut: the consumer has no name")
		}
		o.fanOut = consumerName
	}
}

// EmptyBatches has ProcessRecords called for reads that brought no records too
// (callProcessRecordsEvenForEmptyRecordList).
func EmptyBatches() Option {
	return func(o *settings) { o.emptyBatches = true }
}

// SkipFailedBatches gives up a batch for which ProcessRecords returned an error
// or panicked, as the KCL does, instead of delivering it again until it is
// processed. Its records are lost to the application unless that kept them.
func SkipFailedBatches() Option {
	return func(o *settings) { o.skipFailed = true }
}

// ParentPollInterval is how often the worker looks whether the parents of a
// shard that it holds have been processed; 2 s by default. Parents that it
// processes itself are noticed at once (parentShardPollIntervalMillis).
func ParentPollInterval(d time.Duration) Option {
	return func(o *settings) {
		o.atLeast("ParentPollInterval", d, time.Millisecond)
		o.parentPoll = d
	}
}

// KeepEndedLeases leaves the leases of ended shards in the store
// (cleanupLeasesUponShardCompletion=false).
func KeepEndedLeases() Option {
	return func(o *settings) { o.keepEnded = true }
}

// ShutdownGrace is how long processors may take to shut down in good order when
// the context of Run ends; 30 s by default.
func ShutdownGrace(d time.Duration) Option {
	return func(o *settings) {
		o.atLeast("ShutdownGrace", d, 0)
		o.shutdownGrace = d
	}
}

// WarnAfter is after how long, and how often from then on, the log is told of a
// processor's method that does not return; a minute by default
// (logWarningForTaskAfterMillis).
func WarnAfter(d time.Duration) Option {
	return func(o *settings) {
		o.atLeast("WarnAfter", d, time.Millisecond)
		o.warnAfter = d
	}
}

// WithMetrics hands the metrics of the KCL to sinks in turn, such as
// a kclmetrics.Sink and a kclprom.Sink, every ten seconds. Without it nothing is
// kept but what Worker.Counts returns.
func WithMetrics(sinks ...MetricsSink) Option {
	return func(o *settings) { o.metrics = sinks }
}

// WithClock has all waiting and all ages be those of c.
func WithClock(c Clock) Option {
	return func(o *settings) { o.clock = c }
}

// WithLogger has the worker log what an operator can act on. Without it the
// worker is silent.
func WithLogger(l *slog.Logger) Option {
	return func(o *settings) { o.logger = l }
}
