package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// ListTagsForResource lists the tags of a stream or a consumer in the order of
// their keys.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream or consumer of
//     the caller's
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream or consumer
//
// Differs from AWS: other resources than streams and consumers do not exist yet.
func (s *Service) ListTagsForResource(ctx context.Context, in *kinesis.ListTagsForResourceInput) (*kinesis.ListTagsForResourceOutput, error) {
	ref, err := s.admitResource(ctx, "ListTagsForResource", in.ResourceARN)
	if err != nil {
		return nil, err
	}
	if ref.Consumer != "" {
		_, c, err := s.existingConsumer(ref)
		if err != nil {
			return nil, err
		}
		return &kinesis.ListTagsForResourceOutput{Tags: tagShapes(c.Tags, "")}, nil
	}
	x, err := s.existing(ref.Ref)
	if err != nil {
		return nil, err
	}
	return &kinesis.ListTagsForResourceOutput{Tags: tagShapes(x.Tags, "")}, nil
}
