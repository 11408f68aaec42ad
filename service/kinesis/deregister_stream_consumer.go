package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// DeregisterStreamConsumer takes a consumer from its stream, in whatever status
// it is, and ends its subscriptions. It is DELETING before its name is free
// again; to deregister it once more changes nothing.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: no consumer is named, or two are
//   - LimitExceededException: the call rate of the stream
//   - ResourceNotFoundException: no such stream or consumer
func (s *Service) DeregisterStreamConsumer(ctx context.Context, in *kinesis.DeregisterStreamConsumerInput) (*kinesis.DeregisterStreamConsumerOutput, error) {
	c, err := s.admitConsumer(ctx, "DeregisterStreamConsumer", in.StreamARN, in.ConsumerName, in.ConsumerARN)
	if err != nil {
		return nil, err
	}
	if _, _, err := s.existingConsumer(c); err != nil {
		return nil, err
	}
	if _, err := s.propose(ctx, c.Ref, &catalog.DeregisterConsumer{ConsumerRef: c}); err != nil {
		return nil, err
	}
	return &kinesis.DeregisterStreamConsumerOutput{}, nil
}
