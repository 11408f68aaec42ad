package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// maxPolicyBytes bounds a policy, as AWS documents it.
const maxPolicyBytes = 20 << 10

// PutResourcePolicy gives a stream or consumer a policy, in place of the one it
// may have. It is in force with the next call, where callers are authenticated.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream or consumer of
//     the caller's
//   - LimitExceededException: the call rate
//   - InvalidArgumentException: a policy that is too long, or is none
//   - ResourceNotFoundException: no such stream or consumer
//   - ResourceInUseException: the stream is CREATING or DELETING, the consumer
//     is not ACTIVE
//
// AWS's texts about the policy are unknown.
func (s *Service) PutResourcePolicy(ctx context.Context, in *kinesis.PutResourcePolicyInput) (*kinesis.PutResourcePolicyOutput, error) {
	c, err := s.admitResource(ctx, "PutResourcePolicy", in.ResourceARN)
	if err != nil {
		return nil, err
	}
	text := aws.ToString(in.Policy)
	if len(text) > maxPolicyBytes {
		return nil, api.Errorf(kinesisapi.InvalidArgument,
			"The policy has %d bytes, more than the %d that it may have.", len(text), maxPolicyBytes)
	}
	p, err := catalog.NewPolicy(text)
	if err != nil {
		return nil, api.Errorf(kinesisapi.InvalidArgument, "Invalid policy: %v.", err)
	}
	if _, err := s.propose(ctx, c.Ref, &catalog.SetPolicy{ConsumerRef: c, Policy: p}); err != nil {
		return nil, err
	}
	return &kinesis.PutResourcePolicyOutput{}, nil
}
