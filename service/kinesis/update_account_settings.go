package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// UpdateAccountSettings enables or disables the account's minimum throughput
// billing commitment in the region. With it on-demand streams may have a warm
// throughput, and streams more consumers. It lasts 24 hours at least: disabled
// earlier it ends by itself then, unless it is enabled again before.
//
// Errors: LimitExceededException for the call rate.
func (s *Service) UpdateAccountSettings(ctx context.Context, in *kinesis.UpdateAccountSettingsInput) (*kinesis.UpdateAccountSettingsOutput, error) {
	caller, err := s.admitAccount(ctx, "UpdateAccountSettings")
	if err != nil {
		return nil, err
	}
	cmd := &catalog.UpdateAccount{Account: caller.Account, Region: caller.Region}
	if wanted := in.MinimumThroughputBillingCommitment; wanted != nil {
		cmd.Enable = wanted.Status == types.MinimumThroughputBillingCommitmentInputStatusEnabled
	}
	answer, err := s.propose(ctx, catalog.Ref{Account: caller.Account, Region: caller.Region}, cmd)
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateAccountSettingsOutput{
		MinimumThroughputBillingCommitment: commitmentShape(answer.(catalog.Commitment), s.nowMillis()),
	}, nil
}
