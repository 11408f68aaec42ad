package kinesis

import (
	"context"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/limiter"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// How many calls per second AWS takes of each operation, from an account in a
// region (spec data-streams §20.1). The tag operations on resources,
// UpdateMaxRecordSize and UpdateStreamRecordDistributionStrategy are not listed
// there and take what their kind does.
var accountRates = map[string]float64{
	"AddTagsToStream":               5,
	"CreateStream":                  5,
	"DecreaseStreamRetentionPeriod": 5,
	"DeleteResourcePolicy":          5,
	"DeleteStream":                  5,
	"DescribeAccountSettings":       5,
	"DescribeLimits":                1,
	"DescribeStream":                10,
	"DescribeStreamSummary":         20,
	"DisableEnhancedMonitoring":     5,
	"EnableEnhancedMonitoring":      5,
	"GetResourcePolicy":             5,
	"IncreaseStreamRetentionPeriod": 5,
	"ListStreams":                   5,
	"ListTagsForResource":           5,
	"ListTagsForStream":             5,
	"MergeShards":                   5,
	"PutResourcePolicy":             5,
	"RegisterStreamConsumer":        5,
	"RemoveTagsFromStream":          5,
	"SplitShard":                    5,
	"StartStreamEncryption":         5,
	"StopStreamEncryption":          5,
	"TagResource":                   5,
	"UntagResource":                 5,
	"UpdateAccountSettings":         5,
	"UpdateMaxRecordSize":           5,
	"UpdateShardCount":              10,

	"UpdateStreamRecordDistributionStrategy": 5,
	"UpdateStreamWarmThroughput":             5,
}

// streamRates are those for one stream, not an account.
var streamRates = map[string]float64{
	"DeregisterStreamConsumer": 5,
	"DescribeStreamConsumer":   20,
	"ListShards":               1000,
	"ListStreamConsumers":      5,
}

// rateKey is what calls are counted by; stream is empty for an account's.
type rateKey struct {
	operation, account, region, stream string
}

// rates counts the calls of the control plane.
type rates = limiter.Limiter[rateKey]

// admit returns which stream a control-plane request is about, when its rate
// allows the call. The rate comes before everything else, also the stream's
// existence.
func (s *Service) admit(ctx context.Context, operation, name, arn string) (catalog.Ref, error) {
	ref, err := refTo(api.CallerOf(ctx), name, arn)
	if err != nil {
		return ref, err
	}
	if s.limitsFor(ref) == LimitsAWS && !s.take(operation, ref) {
		return ref, catalog.RateExceeded(ref.Account, ref.Name)
	}
	return ref, nil
}

// take counts a call about a stream and reports whether it is within the rate.
func (s *Service) take(operation string, ref catalog.Ref) bool {
	key := rateKey{operation, ref.Account, ref.Region, ""}
	rate, limited := accountRates[operation]
	if !limited {
		key.stream = ref.Name
		rate, limited = streamRates[operation]
	}
	return !limited || s.rates.Take(key, rate, s.clock.Now())
}

// admitAccount lets through a request that is about no stream, when its rate
// allows. AWS's text is not known for certain.
func (s *Service) admitAccount(ctx context.Context, operation string) (api.Caller, error) {
	caller := api.CallerOf(ctx)
	key := rateKey{operation, caller.Account, caller.Region, ""}
	if s.limits == LimitsAWS && !s.rates.Take(key, accountRates[operation], s.clock.Now()) {
		return caller, api.Errorf(kinesisapi.LimitExceeded, "Rate exceeded for account %s.", caller.Account)
	}
	return caller, nil
}
