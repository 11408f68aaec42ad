package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// DeleteResourcePolicy takes the policy of a stream or consumer away.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream or consumer of
//     the caller's
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream or consumer
//   - ResourceInUseException: the stream is CREATING or DELETING, the consumer
//     is not ACTIVE
//   - ResourceNotFoundException: it has no policy
func (s *Service) DeleteResourcePolicy(ctx context.Context, in *kinesis.DeleteResourcePolicyInput) (*kinesis.DeleteResourcePolicyOutput, error) {
	c, err := s.admitResource(ctx, "DeleteResourcePolicy", in.ResourceARN)
	if err != nil {
		return nil, err
	}
	if _, err := s.propose(ctx, c.Ref, &catalog.SetPolicy{ConsumerRef: c}); err != nil {
		return nil, err
	}
	return &kinesis.DeleteResourcePolicyOutput{}, nil
}
