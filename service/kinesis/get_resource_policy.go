package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// noPolicy is the text of the policy of a resource that has none.
const noPolicy = "{}"

// GetResourcePolicy returns the policy of a stream or consumer byte by byte as
// it was put, and "{}" when there is none.
//
// Errors, in the order they are checked:
//   - ResourceNotFoundException: an ARN that is not of a stream or consumer of
//     the caller's
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream or consumer
func (s *Service) GetResourcePolicy(ctx context.Context, in *kinesis.GetResourcePolicyInput) (*kinesis.GetResourcePolicyOutput, error) {
	ref, err := s.admitResource(ctx, "GetResourcePolicy", in.ResourceARN)
	if err != nil {
		return nil, err
	}
	p, err := s.policyOf(ref)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return &kinesis.GetResourcePolicyOutput{Policy: aws.String(noPolicy)}, nil
	}
	return &kinesis.GetResourcePolicyOutput{Policy: aws.String(p.Text())}, nil
}

// policyOf returns the policy of the consumer that is named, else of the
// stream; nil when there is none.
func (s *Service) policyOf(ref catalog.ConsumerRef) (*catalog.Policy, error) {
	if ref.Consumer != "" {
		_, c, err := s.existingConsumer(ref)
		if err != nil {
			return nil, err
		}
		return c.Policy, nil
	}
	x, err := s.existing(ref.Ref)
	if err != nil {
		return nil, err
	}
	return x.Policy, nil
}
