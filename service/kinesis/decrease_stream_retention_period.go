package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DecreaseStreamRetentionPeriod keeps records for a shorter time, and gives up
// those that are older at once. Errors as IncreaseStreamRetentionPeriod.
func (s *Service) DecreaseStreamRetentionPeriod(ctx context.Context, in *kinesis.DecreaseStreamRetentionPeriodInput) (*kinesis.DecreaseStreamRetentionPeriodOutput, error) {
	ref, err := s.admit(ctx, "DecreaseStreamRetentionPeriod", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	if err := s.setRetention(ctx, ref, aws.ToInt32(in.RetentionPeriodHours), false); err != nil {
		return nil, err
	}
	return &kinesis.DecreaseStreamRetentionPeriodOutput{}, nil
}
