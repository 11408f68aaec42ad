package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// SplitShard closes a shard and opens two in its place. The stream is UPDATING
// until then, and the shard takes records.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: what cannot be a shard id; no such stream
//   - ResourceInUseException: the stream is not ACTIVE
//   - ValidationException: the stream is on-demand
//   - ResourceNotFoundException: no such shard
//   - InvalidArgumentException: the shard is closed
//   - LimitExceededException: the account would have too many shards
//   - InvalidArgumentException: the hash key is not inside the shard
func (s *Service) SplitShard(ctx context.Context, in *kinesis.SplitShardInput) (*kinesis.SplitShardOutput, error) {
	ref, err := s.admit(ctx, "SplitShard", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	shard, err := shardIn(ref, aws.ToString(in.ShardToSplit))
	if err != nil {
		return nil, err
	}
	_, err = s.propose(ctx, ref, &catalog.SplitShard{
		Ref: ref, Shard: shard, NewStartingHashKey: aws.ToString(in.NewStartingHashKey),
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.SplitShardOutput{}, nil
}

// shardIn reads the id of a shard of the stream, which need not exist.
func shardIn(ref catalog.Ref, text string) (stream.ShardID, error) {
	id, ok := stream.ParseShardID(text)
	if !ok {
		return 0, catalog.ShardNotFound(ref.Account, ref.Name, text)
	}
	return id, nil
}
