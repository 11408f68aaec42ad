package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// ListTagsForResource lists the tags of a stream in the order of their keys.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream of the caller's
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//
// Differs from AWS: other resources than streams do not exist yet.
func (s *Service) ListTagsForResource(ctx context.Context, in *kinesis.ListTagsForResourceInput) (*kinesis.ListTagsForResourceOutput, error) {
	ref, err := s.admitResource(ctx, "ListTagsForResource", in.ResourceARN)
	if err != nil {
		return nil, err
	}
	x, err := s.existing(ref)
	if err != nil {
		return nil, err
	}
	return &kinesis.ListTagsForResourceOutput{Tags: tagShapes(x, "")}, nil
}
