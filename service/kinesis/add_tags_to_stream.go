package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// AddTagsToStream adds tags and overwrites those with the same keys.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - InvalidArgumentException: characters that tags must not have, in two rounds;
//     keys starting with "aws:"
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is CREATING or DELETING
//   - InvalidArgumentException: it would have more than 50 tags
func (s *Service) AddTagsToStream(ctx context.Context, in *kinesis.AddTagsToStreamInput) (*kinesis.AddTagsToStreamOutput, error) {
	ref, err := s.admit(ctx, "AddTagsToStream", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	if err := s.addTags(ctx, ref, in.Tags); err != nil {
		return nil, err
	}
	return &kinesis.AddTagsToStreamOutput{}, nil
}
