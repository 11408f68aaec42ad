package kinesis

import (
	"fmt"
	"slices"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// Limits is a profile: what a server's streams and callers are held to.
//
// A stream may choose for itself by the tag "leat:limits", with the value
// "aws" or "off": that decides about its shards' throughput, the rates of calls
// about it and the quotas of its own changes. Calls that are about no stream
// follow the server's profile.
type Limits int

const (
	// LimitsOff lifts the quotas that protect AWS's machines: throughput, call
	// rates, how many streams and shards there may be, how far and how often a
	// stream may be scaled. What shapes the data stays: sizes, names,
	// retention, 50 tags.
	LimitsOff Limits = iota
	// LimitsAWS enforces every quota and rate as AWS does.
	LimitsAWS
)

// String returns the profile's name, as flags and the tag have it.
func (l Limits) String() string {
	if l == LimitsAWS {
		return "aws"
	}
	return "off"
}

// ParseLimits reads a profile's name.
func ParseLimits(name string) (Limits, error) {
	switch name {
	case "off":
		return LimitsOff, nil
	case "aws":
		return LimitsAWS, nil
	}
	return 0, fmt.Errorf("limits %q: want off or aws", name)
}

// Quotas of spec data-streams §20.1 and §20.3.
const (
	movingStreams   = 5 // CREATING or DELETING
	onDemandStreams = 50
	onDemandShards  = 200 // of one stream, but in the regions below
	scaleTarget     = 10_000
	scaleFactor     = 2
	scalesPerDay    = 10
	modesPerDay     = 2

	encryptionsPerDay = 25

	streamConsumers    = 20
	committedConsumers = 50 // of a stream of an account with a commitment, §11.12
	creatingConsumers  = 5

	accountShards      = 6_000
	accountShardsLarge = 20_000 // in the regions below
)

var largeRegions = []string{"us-east-1", "us-west-2", "eu-west-1"}

// Without AWS's limits there are still these. A shard costs a server memory
// whether it is used or not, so that an account's shards must have an end; the
// number of streams has none but what DescribeLimits can say.
const (
	ownShardLimit    = 100_000
	ownOnDemandLimit = 1_000_000
	// An on-demand stream takes 10 GiB/s at most, which is AWS's limit in its
	// large regions too.
	ownOnDemandShards = 10 << 10
	// Consumers are part of each version of their stream.
	ownConsumerLimit = 10_000
)

// lineageLimit is how many shards a stream may have with the closed ones, under
// any limits: nothing else bounds how often a stream is resharded within its
// retention.
const lineageLimit = 1_000_000

// shardLimit returns how many shards an account may have in the region.
func (l Limits) shardLimit(region string) int {
	switch {
	case l == LimitsOff:
		return ownShardLimit
	case slices.Contains(largeRegions, region):
		return accountShardsLarge
	}
	return accountShards
}

// onDemandLimit returns how many on-demand streams an account may have.
func (l Limits) onDemandLimit() int {
	if l == LimitsOff {
		return ownOnDemandLimit
	}
	return onDemandStreams
}

// onDemandShardLimit returns how many shards an on-demand stream may have in
// the region.
func (l Limits) onDemandShardLimit(region string) int {
	if l == LimitsAWS && !slices.Contains(largeRegions, region) {
		return onDemandShards
	}
	return ownOnDemandShards
}

// quotas returns what the catalog has to enforce.
func (l Limits) quotas(region string) catalog.Quotas {
	q := catalog.Quotas{
		Shards: l.shardLimit(region), OnDemandStreams: l.onDemandLimit(), Lineage: lineageLimit,
		OnDemandShards: l.onDemandShardLimit(region),
		Consumers:      ownConsumerLimit,
	}
	if l == LimitsAWS {
		q.Consumers = streamConsumers
		q.CreatingConsumers = creatingConsumers
		q.MovingStreams = movingStreams
		q.ScaleTarget = scaleTarget
		q.ScaleFactor = scaleFactor
		q.ScalesPerDay = scalesPerDay
		q.ModesPerDay = modesPerDay
		q.EncryptionsPerDay = encryptionsPerDay
	}
	return q
}

// limitsOf returns the profile that a stream is held to.
func (s *Service) limitsOf(x *catalog.Stream) Limits {
	switch x.Limits() {
	case LimitsAWS.String():
		return LimitsAWS
	case LimitsOff.String():
		return LimitsOff
	}
	return s.limits // every put and get comes here: no error made to be dropped
}

// limited reports whether the stream is held to AWS's limits.
func (s *Service) limited(x *catalog.Stream) bool { return s.limitsOf(x) == LimitsAWS }

// limitsFor returns the profile for a call about the named stream, which may
// not exist.
func (s *Service) limitsFor(ref catalog.Ref) Limits {
	if x, ok := s.catalog.Stream(ref.Account, ref.Region, ref.Name); ok {
		return s.limitsOf(x)
	}
	return s.limits
}

// terms returns what a command about the stream is judged by.
func (s *Service) terms(ref catalog.Ref) catalog.Terms {
	limits := s.limitsFor(ref)
	t := catalog.Terms{
		AtMillis:    s.nowMillis(),
		Doubted:     s.clockDoubted.Load(),
		DelayMillis: s.stateDelay.Milliseconds(),
		Quotas:      limits.quotas(ref.Region),
	}
	if limits == LimitsAWS && s.catalog.Commitment(ref.Account, ref.Region).Enabled(t.AtMillis) {
		t.Quotas.Consumers = committedConsumers
	}
	return t
}
