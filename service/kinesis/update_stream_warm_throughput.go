package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// UpdateStreamWarmThroughput sets the throughput that an on-demand stream is
// ready for whatever its load is, and scales it to a shard for each MiB/s; it is
// UPDATING until then. A lower value gives up the shards that are too many, down
// to the four of any on-demand stream.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is not ACTIVE
//   - ValidationException: it is provisioned, or the account has no commitment
//   - LimitExceededException: more than a stream may have
func (s *Service) UpdateStreamWarmThroughput(ctx context.Context, in *kinesis.UpdateStreamWarmThroughputInput) (*kinesis.UpdateStreamWarmThroughputOutput, error) {
	ref, err := s.admit(ctx, "UpdateStreamWarmThroughput", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	answer, err := s.propose(ctx, ref, &catalog.SetWarmThroughput{Ref: ref, MiBps: aws.ToInt32(in.WarmThroughputMiBps)})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateStreamWarmThroughputOutput{
		StreamName:     aws.String(ref.Name),
		StreamARN:      aws.String(ref.ARN()),
		WarmThroughput: warmShape(answer.(catalog.Warmed)),
	}, nil
}

func warmShape(w catalog.Warmed) *types.WarmThroughputObject {
	return &types.WarmThroughputObject{TargetMiBps: &w.Target, CurrentMiBps: &w.Current}
}
