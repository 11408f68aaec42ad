package kinesis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// Subscribe carries out SubscribeToShard: it begins a subscription, whose Next
// gives the events. The caller closes it. The position LATEST is after the last
// record that was stored before Subscribe.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: an ARN that is not of a consumer
//   - ResourceNotFoundException: no such consumer, a shard id that cannot be
//     one, no such shard, an expired shard
//   - ResourceInUseException: the consumer is not ACTIVE
//   - InvalidArgumentException: the starting position, as in GetShardIterator
//   - DryRunOperationException
//   - LimitExceededException: a second call within a second for the consumer
//     and shard, under the limits of AWS
//   - ResourceInUseException: the last subscription of the consumer to the
//     shard is active and was begun less than 5 s ago. An older one is taken
//     over, and ends with that error.
//
// Differs from AWS: a subscription that has ended is no obstacle to the next,
// unless under the limits of AWS.
func (s *Service) Subscribe(ctx context.Context, in *kinesis.SubscribeToShardInput) (*Subscription, error) {
	now := s.clock.Now()
	ref, err := consumerByARN(api.CallerOf(ctx), aws.ToString(in.ConsumerARN))
	if err != nil {
		return nil, err
	}
	x, c, err := s.existingConsumer(ref)
	if err != nil {
		return nil, err
	}
	sh, err := shardOf(x, aws.ToString(in.ShardId), now)
	if err != nil {
		return nil, err
	}
	if c.Status != types.ConsumerStatusActive {
		return nil, consumerNotActive(x, c)
	}
	at := position{operation: "SubscribeToShard"}
	if p := in.StartingPosition; p != nil {
		at.kind, at.sequence, at.timestamp = p.Type, p.SequenceNumber, p.Timestamp
	}
	offset, err := at.check(x, sh, now)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, errDryRun
	}
	key := subscriptionKey{c.ID, sh.Index}
	limited := s.limited(x)
	if limited && !s.subscriptions.calls.Take(key, subscribeRate, now) {
		s.measureSubscribe(x, c.Name, false)
		return nil, catalog.RateExceeded(x.Account, x.Name)
	}
	if offset, err = s.find(ctx, at, offset, x, sh); err != nil {
		return nil, err
	}
	bounds, err := s.log.Bounds(logKey(x, sh))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, shardGone(x.Account, x.Name, sh.ID())
	}
	if err != nil {
		return nil, fmt.Errorf("find a position in %s of %s: %w", sh.ID(), x.ARN(), err)
	}
	u := &Subscription{
		service: s,
		key:     key, log: logKey(x, sh), consumer: c.Name, consumerARN: c.ARN(x.ARN()), account: x.Account, stream: x.Name,
		ends:   now.Add(subscriptionLife),
		offset: offset, lastMillis: bounds.LastMillis,
	}
	err = s.subscriptions.begin(u, now, limited)
	s.measureSubscribe(x, c.Name, err == nil)
	if err != nil {
		return nil, err
	}
	return u, nil
}

// subscribeRate is how many calls in a second AWS takes for a consumer and
// shard (spec data-streams §20.2).
const subscribeRate = 1

// shardOf returns the stream's shard that a request names.
func shardOf(x *catalog.Stream, text string, now time.Time) (*catalog.Shard, error) {
	id, ok := stream.ParseShardID(text)
	if !ok {
		return nil, catalog.ShardNotFound(x.Account, x.Name, text)
	}
	sh, ok := x.Shard(id)
	if !ok || x.Expired(sh, now.UnixMilli()) {
		return nil, shardGone(x.Account, x.Name, id)
	}
	return sh, nil
}

// consumerNotActive is the answer to a subscription of a consumer that is
// CREATING or DELETING, in AWS's punctuation.
func consumerNotActive(x *catalog.Stream, c *catalog.Consumer) *api.Error {
	return api.Errorf(kinesisapi.ResourceInUse,
		"Consumer %s with creation timestamp %d under stream: %s , account %s is not in ACTIVE status.",
		c.Name, c.CreatedSeconds, x.Name, x.Account)
}
