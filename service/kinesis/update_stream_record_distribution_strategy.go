package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// UpdateStreamRecordDistributionStrategy chooses who says to which shard a
// record goes: with AUTO the server does, which spreads records evenly, and with
// USER_PARTITION_KEY the records' keys. It takes effect at once. A provisioned
// stream has the latter and accepts to be told so.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: no ARN
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is not ACTIVE
//   - InvalidArgumentException: AUTO on a provisioned stream
func (s *Service) UpdateStreamRecordDistributionStrategy(ctx context.Context, in *kinesis.UpdateStreamRecordDistributionStrategyInput) (*kinesis.UpdateStreamRecordDistributionStrategyOutput, error) {
	ref, err := s.admit(ctx, "UpdateStreamRecordDistributionStrategy", "", aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	cmd := &catalog.SetDistribution{Ref: ref, Auto: in.RecordDistributionStrategy == types.RecordDistributionStrategyAuto}
	if _, err := s.propose(ctx, ref, cmd); err != nil {
		return nil, err
	}
	return &kinesis.UpdateStreamRecordDistributionStrategyOutput{}, nil
}
