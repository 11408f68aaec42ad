package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// UntagResource removes tags from a stream or a consumer, as RemoveTagsFromStream does.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream or consumer of
//     the caller's
//   - LimitExceededException: the call rate
//   - as RemoveTagsFromStream from there on
//
// Differs from AWS: other resources than streams and consumers do not exist yet.
func (s *Service) UntagResource(ctx context.Context, in *kinesis.UntagResourceInput) (*kinesis.UntagResourceOutput, error) {
	c, err := s.admitResource(ctx, "UntagResource", in.ResourceARN)
	switch {
	case err != nil:
	case c.Consumer != "":
		err = s.removeConsumerTags(ctx, c, in.TagKeys)
	default:
		err = s.removeTags(ctx, c.Ref, in.TagKeys)
	}
	if err != nil {
		return nil, err
	}
	return &kinesis.UntagResourceOutput{}, nil
}
