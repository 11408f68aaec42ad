package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DescribeAccountSettings shows the account's minimum throughput billing
// commitment in the region. Nothing is billed; what comes with the commitment
// is there: see UpdateAccountSettings.
//
// Errors: LimitExceededException for the call rate.
func (s *Service) DescribeAccountSettings(ctx context.Context, _ *kinesis.DescribeAccountSettingsInput) (*kinesis.DescribeAccountSettingsOutput, error) {
	caller, err := s.admitAccount(ctx, "DescribeAccountSettings")
	if err != nil {
		return nil, err
	}
	return &kinesis.DescribeAccountSettingsOutput{
		MinimumThroughputBillingCommitment: commitmentShape(
			s.catalog.Commitment(caller.Account, caller.Region), s.nowMillis()),
	}, nil
}
