package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// DeleteStream gives up a stream, its records and its consumers, in whatever
// status it is. It is DELETING, without shards, before its name is free again.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is DELETING already; it has consumers, and
//     EnforceConsumerDeletion is not set
//   - LimitExceededException: five other streams are CREATING or DELETING
func (s *Service) DeleteStream(ctx context.Context, in *kinesis.DeleteStreamInput) (*kinesis.DeleteStreamOutput, error) {
	ref, err := s.admit(ctx, "DeleteStream", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	cmd := &catalog.DeleteStream{Ref: ref, WithConsumers: aws.ToBool(in.EnforceConsumerDeletion)}
	if _, err := s.propose(ctx, ref, cmd); err != nil {
		return nil, err
	}
	return &kinesis.DeleteStreamOutput{}, nil
}
