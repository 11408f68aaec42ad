package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// IncreaseStreamRetentionPeriod keeps records for longer. It brings back none
// that are gone. The stream stays ACTIVE.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - InvalidArgumentException: less than 24 or more than 8760 hours
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is CREATING or DELETING
//   - InvalidArgumentException: the change is in the other operation's direction;
//     the present period is accepted and changes nothing
func (s *Service) IncreaseStreamRetentionPeriod(ctx context.Context, in *kinesis.IncreaseStreamRetentionPeriodInput) (*kinesis.IncreaseStreamRetentionPeriodOutput, error) {
	ref, err := s.admit(ctx, "IncreaseStreamRetentionPeriod", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	if err := s.setRetention(ctx, ref, aws.ToInt32(in.RetentionPeriodHours), true); err != nil {
		return nil, err
	}
	return &kinesis.IncreaseStreamRetentionPeriodOutput{}, nil
}
