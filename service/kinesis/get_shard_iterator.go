package kinesis

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// GetShardIterator returns a token for reading one shard from a position on,
// valid for 300 s.
//
// Errors, in the order they are checked: InvalidArgumentException without a
// stream's name; ResourceNotFoundException for a shard id that cannot be one,
// then for a stream or shard that does not exist, or for an expired shard;
// InvalidArgumentException for a starting sequence number that is missing or
// not wanted, not one, of another shard, or of another stream, and for a
// timestamp that is missing or in the future; DryRunOperationException;
// ProvisionedThroughputExceededException after the fifth call in a second for
// a shard under the limits of AWS.
// Differs from AWS: a sequence number of version 0, such as "0", did not come
// from this stream, where AWS answers with an InternalFailure. Cases:
// testdata/get_shard_iterator.
func (s *Service) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error) {
	now := s.clock.Now()
	x, sh, err := s.requestedShard(ctx, in, now)
	if err != nil {
		return nil, err
	}
	at := position{
		operation: "GetShardIterator",
		kind:      in.ShardIteratorType, sequence: in.StartingSequenceNumber, timestamp: in.Timestamp,
	}
	offset, err := at.check(x, sh, now)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, errDryRun
	}
	if s.limited(x) && !s.throttle.takeIterator(logKey(x, sh), now) {
		return nil, shardRateExceeded(x, sh.ID())
	}
	if offset, err = s.find(ctx, at, offset, x, sh); err != nil {
		return nil, err
	}
	sealer, err := s.iterators(ctx)
	if err != nil {
		return nil, err
	}
	token := sealer.seal(&shardIterator{stream: x.ID, name: x.Name, shard: sh.Index, offset: offset}, now.UnixMilli())
	return &kinesis.GetShardIteratorOutput{ShardIterator: &token}, nil
}

// requestedShard returns the shard that the request names.
func (s *Service) requestedShard(ctx context.Context, in *kinesis.GetShardIteratorInput, now time.Time) (*catalog.Stream, *catalog.Shard, error) {
	ref, err := refTo(api.CallerOf(ctx), aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, nil, err
	}
	id, ok := stream.ParseShardID(aws.ToString(in.ShardId))
	if !ok {
		return nil, nil, catalog.ShardNotFound(ref.Account, ref.Name, aws.ToString(in.ShardId))
	}
	x, ok := s.catalog.Stream(ref.Account, ref.Region, ref.Name)
	if !ok {
		return nil, nil, shardGone(ref.Account, ref.Name, id)
	}
	sh, ok := x.Shard(id)
	if !ok || x.Expired(sh, now.UnixMilli()) {
		return nil, nil, shardGone(ref.Account, ref.Name, id)
	}
	return x, sh, nil
}
