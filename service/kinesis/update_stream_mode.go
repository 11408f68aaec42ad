package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// UpdateStreamMode switches a stream between provisioned and on-demand. It is
// UPDATING until then; its shards stay as they are. The present mode is
// accepted and changes nothing.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: no ARN
//   - ValidationException: a warm throughput, for which an account commitment
//     would be needed
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is not ACTIVE
//   - LimitExceededException: it was switched twice within 24 hours; the account
//     would have too many on-demand streams
func (s *Service) UpdateStreamMode(ctx context.Context, in *kinesis.UpdateStreamModeInput) (*kinesis.UpdateStreamModeOutput, error) {
	ref, err := s.admit(ctx, "UpdateStreamMode", "", aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	if in.WarmThroughputMiBps != nil {
		return nil, errWarmThroughput
	}
	var mode types.StreamMode
	if in.StreamModeDetails != nil {
		mode = in.StreamModeDetails.StreamMode
	}
	if _, err := s.propose(ctx, ref, &catalog.UpdateStreamMode{Ref: ref, Mode: mode}); err != nil {
		return nil, err
	}
	return &kinesis.UpdateStreamModeOutput{}, nil
}
