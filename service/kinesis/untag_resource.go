package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// UntagResource removes tags from a stream, as RemoveTagsFromStream does.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream of the caller's
//   - LimitExceededException: the call rate
//   - as RemoveTagsFromStream from there on
//
// Differs from AWS: other resources than streams do not exist yet.
func (s *Service) UntagResource(ctx context.Context, in *kinesis.UntagResourceInput) (*kinesis.UntagResourceOutput, error) {
	ref, err := s.admitResource(ctx, "UntagResource", in.ResourceARN)
	if err != nil {
		return nil, err
	}
	if err := s.removeTags(ctx, ref, in.TagKeys); err != nil {
		return nil, err
	}
	return &kinesis.UntagResourceOutput{}, nil
}
