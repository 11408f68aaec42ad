package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// MergeShards closes two shards and opens one in their place. The stream is
// UPDATING until then, and the shards take records.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: what cannot be a shard id; no such stream
//   - ResourceInUseException: the stream is not ACTIVE
//   - ValidationException: the stream is on-demand
//   - ResourceNotFoundException: one of the shards does not exist
//   - InvalidArgumentException: one of the shards is closed; the second is not
//     the right neighbour of the first
func (s *Service) MergeShards(ctx context.Context, in *kinesis.MergeShardsInput) (*kinesis.MergeShardsOutput, error) {
	ref, err := s.admit(ctx, "MergeShards", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	shard, err := shardIn(ref, aws.ToString(in.ShardToMerge))
	if err != nil {
		return nil, err
	}
	adjacent, err := shardIn(ref, aws.ToString(in.AdjacentShardToMerge))
	if err != nil {
		return nil, err
	}
	if _, err := s.propose(ctx, ref, &catalog.MergeShards{Ref: ref, Shard: shard, Adjacent: adjacent}); err != nil {
		return nil, err
	}
	return &kinesis.MergeShardsOutput{}, nil
}
