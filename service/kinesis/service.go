package kinesis

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/service/kinesis/keys"
	"github.com/leat-io/leat/storage"
)

// Options say what a Service works with. Log and Catalog are required.
type Options struct {
	// Log keeps everything. It was opened with Catalog as the machine named
	// catalog.MachineName.
	Log     storage.Log
	Catalog *catalog.Catalog
	// Keys has the master keys of encrypted streams; nil has none.
	Keys keys.Keeper
	// Clock tells the time; nil is the machine's.
	Clock clock.Clock
	// Limits is what streams are held to that do not choose for themselves by
	// the tag catalog.LimitsTag. The zero value lifts all that a machine's
	// owner does not need.
	Limits Limits
	// StateDelay is how long a stream stays CREATING, UPDATING or DELETING.
	// With 0 those states are never seen.
	StateDelay time.Duration
	// TrustClock says that the clock is moved forward on purpose, by hours if
	// need be. Without it, records are not given up before a clock that jumped
	// has kept its time for a while.
	TrustClock bool
	// Logger is told what an operator can act on; nil discards it.
	Logger *slog.Logger
}

// Service carries out the operations of Kinesis Data Streams. All its methods
// may be called concurrently.
type Service struct {
	log        storage.Log
	catalog    *catalog.Catalog
	keeper     keys.Keeper
	clock      clock.Clock
	limits     Limits
	stateDelay time.Duration
	trustClock bool
	logger     *slog.Logger
	rates      rates
	tokens     tokenSealer

	// clockDoubted is set by keepHouse while it does not believe the clock.
	clockDoubted atomic.Bool

	dataPlane
	dataKeys      dataKeys
	subscriptions *subscriptions

	// ctx ends with Close. The goroutines of Start run under it.
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New returns a service that serves calls, but finishes no transition and gives
// up no record before Start.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Keys == nil {
		o.Keys = keys.None{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		log:        o.Log,
		catalog:    o.Catalog,
		keeper:     o.Keys,
		clock:      o.Clock,
		limits:     o.Limits,
		stateDelay: o.StateDelay,
		trustClock: o.TrustClock,
		logger:     o.Logger,

		subscriptions: newSubscriptions(),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start begins what the service does by itself: it finishes transitions when
// they are due, also those that were pending when the log was opened, gives up
// what is past retention, scales on-demand streams, keeps the time of
// subscriptions, and tells of encrypted streams whose master keys are missing.
// It is called once.
func (s *Service) Start() {
	s.wg.Go(s.finishTransitions)
	s.wg.Go(s.keepHouse)
	s.wg.Go(s.scaleOnDemand)
	s.wg.Go(s.keepSubscriptions)
	s.wg.Go(s.checkKeys)
}

// Close ends what Start began and waits for it. The log stays open, and calls
// are still served, but subscriptions end.
func (s *Service) Close() {
	s.EndSubscriptions()
	s.cancel()
	s.wg.Wait()
}

// Handlers returns the operations by name.
func (s *Service) Handlers() map[string]api.Handler {
	return map[string]api.Handler{
		"AddTagsToStream":               api.Handle(s.AddTagsToStream),
		"CreateStream":                  api.Handle(s.CreateStream),
		"DecreaseStreamRetentionPeriod": api.Handle(s.DecreaseStreamRetentionPeriod),
		"DeleteResourcePolicy":          api.Handle(s.DeleteResourcePolicy),
		"DeleteStream":                  api.Handle(s.DeleteStream),
		"DeregisterStreamConsumer":      api.Handle(s.DeregisterStreamConsumer),
		"DescribeAccountSettings":       api.Handle(s.DescribeAccountSettings),
		"DescribeLimits":                api.Handle(s.DescribeLimits),
		"DescribeStream":                api.Handle(s.DescribeStream),
		"DescribeStreamConsumer":        api.Handle(s.DescribeStreamConsumer),
		"DescribeStreamSummary":         api.Handle(s.DescribeStreamSummary),
		"DisableEnhancedMonitoring":     api.Handle(s.DisableEnhancedMonitoring),
		"EnableEnhancedMonitoring":      api.Handle(s.EnableEnhancedMonitoring),
		"GetRecords":                    api.Handle(s.GetRecords),
		"GetResourcePolicy":             api.Handle(s.GetResourcePolicy),
		"GetShardIterator":              api.Handle(s.GetShardIterator),
		"IncreaseStreamRetentionPeriod": api.Handle(s.IncreaseStreamRetentionPeriod),
		"ListShards":                    api.Handle(s.ListShards),
		"ListStreamConsumers":           api.Handle(s.ListStreamConsumers),
		"ListStreams":                   api.Handle(s.ListStreams),
		"ListTagsForResource":           api.Handle(s.ListTagsForResource),
		"ListTagsForStream":             api.Handle(s.ListTagsForStream),
		"MergeShards":                   api.Handle(s.MergeShards),
		"PutRecord":                     api.Handle(s.PutRecord),
		"PutRecords":                    api.Handle(s.PutRecords),
		"PutResourcePolicy":             api.Handle(s.PutResourcePolicy),
		"RegisterStreamConsumer":        api.Handle(s.RegisterStreamConsumer),
		"RemoveTagsFromStream":          api.Handle(s.RemoveTagsFromStream),
		"SplitShard":                    api.Handle(s.SplitShard),
		"StartStreamEncryption":         api.Handle(s.StartStreamEncryption),
		"StopStreamEncryption":          api.Handle(s.StopStreamEncryption),
		"SubscribeToShard":              api.Handle(s.Subscribe),
		"TagResource":                   api.Handle(s.TagResource),
		"UntagResource":                 api.Handle(s.UntagResource),
		"UpdateAccountSettings":         api.Handle(s.UpdateAccountSettings),
		"UpdateMaxRecordSize":           api.Handle(s.UpdateMaxRecordSize),
		"UpdateShardCount":              api.Handle(s.UpdateShardCount),
		"UpdateStreamMode":              api.Handle(s.UpdateStreamMode),

		"UpdateStreamRecordDistributionStrategy": api.Handle(s.UpdateStreamRecordDistributionStrategy),
		"UpdateStreamWarmThroughput":             api.Handle(s.UpdateStreamWarmThroughput),
	}
}

// nowMillis returns the time in Unix milliseconds.
func (s *Service) nowMillis() int64 { return s.clock.Now().UnixMilli() }

// propose has the catalog carry out a command under the stream's limits and
// returns its result. A command that would change nothing is answered without
// being written.
func (s *Service) propose(ctx context.Context, ref catalog.Ref, cmd catalog.Command) (any, error) {
	terms := s.terms(ref)
	answer, decided := s.catalog.Decide(cmd, terms)
	if !decided {
		var err error
		answer, err = s.log.Propose(ctx, catalog.MachineName, catalog.Encode(cmd, terms))
		if err != nil {
			return nil, fmt.Errorf("propose to the catalog: %w", err)
		}
	}
	if refused, ok := answer.(*api.Error); ok {
		return nil, refused
	}
	return answer, nil
}
