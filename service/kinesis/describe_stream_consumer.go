package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DescribeStreamConsumer shows one consumer.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: no consumer is named, or two are
//   - LimitExceededException: the call rate of the stream
//   - ResourceNotFoundException: no such stream or consumer
func (s *Service) DescribeStreamConsumer(ctx context.Context, in *kinesis.DescribeStreamConsumerInput) (*kinesis.DescribeStreamConsumerOutput, error) {
	ref, err := s.admitConsumer(ctx, "DescribeStreamConsumer", in.StreamARN, in.ConsumerName, in.ConsumerARN)
	if err != nil {
		return nil, err
	}
	x, c, err := s.existingConsumer(ref)
	if err != nil {
		return nil, err
	}
	shape := consumerShape(x.ARN(), c)
	return &kinesis.DescribeStreamConsumerOutput{ConsumerDescription: &types.ConsumerDescription{
		ConsumerName:              shape.ConsumerName,
		ConsumerARN:               shape.ConsumerARN,
		ConsumerStatus:            shape.ConsumerStatus,
		ConsumerCreationTimestamp: shape.ConsumerCreationTimestamp,
		StreamARN:                 aws.String(x.ARN()),
	}}, nil
}
