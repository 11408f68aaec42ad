package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// RemoveTagsFromStream removes the tags with the keys; a key without a tag is
// no error.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - InvalidArgumentException: characters that tags must not have, in two rounds
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is CREATING or DELETING
func (s *Service) RemoveTagsFromStream(ctx context.Context, in *kinesis.RemoveTagsFromStreamInput) (*kinesis.RemoveTagsFromStreamOutput, error) {
	ref, err := s.admit(ctx, "RemoveTagsFromStream", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	if err := s.removeTags(ctx, ref, in.TagKeys); err != nil {
		return nil, err
	}
	return &kinesis.RemoveTagsFromStreamOutput{}, nil
}
