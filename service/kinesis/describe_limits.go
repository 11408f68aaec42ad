package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DescribeLimits shows what the account has and may have in the region. Without
// AWS's limits it shows what the server bears.
//
// Errors: LimitExceededException for the call rate.
func (s *Service) DescribeLimits(ctx context.Context, _ *kinesis.DescribeLimitsInput) (*kinesis.DescribeLimitsOutput, error) {
	caller, err := s.admitAccount(ctx, "DescribeLimits")
	if err != nil {
		return nil, err
	}
	var open, onDemand int
	for _, x := range s.catalog.Streams(caller.Account, caller.Region) {
		open += len(x.Open())
		if x.Mode == types.StreamModeOnDemand {
			onDemand++
		}
	}
	return &kinesis.DescribeLimitsOutput{
		ShardLimit:               aws.Int32(int32(s.limits.shardLimit(caller.Region))),
		OpenShardCount:           aws.Int32(int32(open)),
		OnDemandStreamCount:      aws.Int32(int32(onDemand)),
		OnDemandStreamCountLimit: aws.Int32(int32(s.limits.onDemandLimit())),
		ChannelCount:             aws.Int32(0),
		ChannelCountLimit:        aws.Int32(0),
	}, nil
}
