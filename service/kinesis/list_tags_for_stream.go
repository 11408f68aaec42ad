package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// listedTags is the most tags in one reply, which is all that a stream has.
const listedTags = 50

// ListTagsForStream lists the tags in the order of their keys. A caller who
// sets a limit goes on by ExclusiveStartTagKey while HasMoreTags is true.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
func (s *Service) ListTagsForStream(ctx context.Context, in *kinesis.ListTagsForStreamInput) (*kinesis.ListTagsForStreamOutput, error) {
	ref, err := s.admit(ctx, "ListTagsForStream", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	x, err := s.existing(ref)
	if err != nil {
		return nil, err
	}
	tags := tagShapes(x.Tags, aws.ToString(in.ExclusiveStartTagKey))
	n := min(len(tags), pageSize(in.Limit, listedTags))
	return &kinesis.ListTagsForStreamOutput{Tags: tags[:n], HasMoreTags: aws.Bool(n < len(tags))}, nil
}
