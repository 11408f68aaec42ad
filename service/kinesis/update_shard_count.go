package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// UpdateShardCount splits and merges shards until there are as many as wanted.
// The stream is UPDATING until then, and its present shards take records. The
// present count is accepted and changes nothing.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: the stream is not ACTIVE
//   - ValidationException: the stream is on-demand
//   - LimitExceededException: a target above 10,000, above double or below half
//     the open shards; the account would have too many shards; the tenth call
//     within 24 hours was made
//
// Off AWS's limits there is no bound but the account's shards and, under any, a
// million shards of a stream with the closed ones. Which shards are
// split and merged: package catalog, and spec data-streams §15.4.
func (s *Service) UpdateShardCount(ctx context.Context, in *kinesis.UpdateShardCountInput) (*kinesis.UpdateShardCountOutput, error) {
	ref, err := s.admit(ctx, "UpdateShardCount", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	result, err := s.propose(ctx, ref, &catalog.UpdateShardCount{Ref: ref, Target: aws.ToInt32(in.TargetShardCount)})
	if err != nil {
		return nil, err
	}
	scaled := result.(catalog.Scaled)
	return &kinesis.UpdateShardCountOutput{
		StreamName:        aws.String(ref.Name),
		StreamARN:         aws.String(ref.ARN()),
		CurrentShardCount: aws.Int32(scaled.Current),
		TargetShardCount:  in.TargetShardCount,
	}, nil
}
