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
// accepted and changes nothing. With a warm throughput, an on-demand stream also
// gets the shards for that which it lacks. A warm throughput and the strategy
// AUTO end with the mode on-demand.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: no ARN
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is not ACTIVE
//   - ValidationException: a warm throughput, for a provisioned stream or without
//     the account's commitment
//   - LimitExceededException: a warm throughput higher than a stream may have; it
//     was switched twice within 24 hours; the account would have too many
//     on-demand streams
func (s *Service) UpdateStreamMode(ctx context.Context, in *kinesis.UpdateStreamModeInput) (*kinesis.UpdateStreamModeOutput, error) {
	ref, err := s.admit(ctx, "UpdateStreamMode", "", aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	var mode types.StreamMode
	if in.StreamModeDetails != nil {
		mode = in.StreamModeDetails.StreamMode
	}
	cmd := &catalog.UpdateStreamMode{Ref: ref, Mode: mode, WarmMiBps: in.WarmThroughputMiBps}
	if _, err := s.propose(ctx, ref, cmd); err != nil {
		return nil, err
	}
	return &kinesis.UpdateStreamModeOutput{}, nil
}
