package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// RegisterStreamConsumer registers a consumer, which can subscribe to the
// stream's shards once it is ACTIVE. The answer says CREATING, however short
// that is.
//
// Limits, as of AWS: 20 consumers of a stream, 5 of them CREATING.
// Errors, in the order they are checked:
//   - InvalidArgumentException: an ARN that is not of a stream
//   - LimitExceededException: the call rate
//   - InvalidArgumentException: illegal characters in tags, more than 50 tags
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is CREATING or DELETING; the name is taken,
//     also by a consumer that is DELETING
//   - LimitExceededException: too many consumers
//
// Cases: testdata/consumers.
func (s *Service) RegisterStreamConsumer(ctx context.Context, in *kinesis.RegisterStreamConsumerInput) (*kinesis.RegisterStreamConsumerOutput, error) {
	ref, err := s.admit(ctx, "RegisterStreamConsumer", "", aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	if err := checkAddedTags(ref, in.Tags); err != nil {
		return nil, err
	}
	if len(in.Tags) > catalog.MaxTags {
		return nil, catalog.TooManyConsumerTags(ref.Account, *in.ConsumerName)
	}
	cmd := &catalog.RegisterConsumer{Ref: ref, Consumer: *in.ConsumerName, Tags: in.Tags}
	registered, err := s.propose(ctx, ref, cmd)
	if err != nil {
		return nil, err
	}
	c := registered.(*catalog.Consumer)
	shape := consumerShape(ref.ARN(), c)
	return &kinesis.RegisterStreamConsumerOutput{Consumer: &shape}, nil
}
