package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TagResource adds tags to a stream, as AddTagsToStream does.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream of the caller's
//   - LimitExceededException: the call rate
//   - as AddTagsToStream from there on
//
// Differs from AWS: other resources than streams do not exist yet.
func (s *Service) TagResource(ctx context.Context, in *kinesis.TagResourceInput) (*kinesis.TagResourceOutput, error) {
	ref, err := s.admitResource(ctx, "TagResource", in.ResourceARN)
	if err != nil {
		return nil, err
	}
	if err := s.addTags(ctx, ref, in.Tags); err != nil {
		return nil, err
	}
	return &kinesis.TagResourceOutput{}, nil
}
