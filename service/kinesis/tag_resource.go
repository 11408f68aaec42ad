package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TagResource adds tags to a stream or a consumer, as AddTagsToStream does.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream or consumer of
//     the caller's
//   - LimitExceededException: the call rate
//   - as AddTagsToStream from there on
//
// Differs from AWS: other resources than streams and consumers do not exist yet.
func (s *Service) TagResource(ctx context.Context, in *kinesis.TagResourceInput) (*kinesis.TagResourceOutput, error) {
	c, err := s.admitResource(ctx, "TagResource", in.ResourceARN)
	switch {
	case err != nil:
	case c.Consumer != "":
		err = s.addConsumerTags(ctx, c, in.Tags)
	default:
		err = s.addTags(ctx, c.Ref, in.Tags)
	}
	if err != nil {
		return nil, err
	}
	return &kinesis.TagResourceOutput{}, nil
}
