package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DisableEnhancedMonitoring disables shard-level metrics of a stream. Those that
// are not enabled are ignored; ALL stands for each of them. The stream
// stays ACTIVE. The answer lists what was enabled before and what is now.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
//   - ResourceInUseException: it is not ACTIVE
func (s *Service) DisableEnhancedMonitoring(ctx context.Context, in *kinesis.DisableEnhancedMonitoringInput) (*kinesis.DisableEnhancedMonitoringOutput, error) {
	ref, metrics, err := s.setMonitoring(ctx, "DisableEnhancedMonitoring", in.StreamName, in.StreamARN, false, in.ShardLevelMetrics)
	if err != nil {
		return nil, err
	}
	return &kinesis.DisableEnhancedMonitoringOutput{
		StreamName:               aws.String(ref.Name),
		StreamARN:                aws.String(ref.ARN()),
		CurrentShardLevelMetrics: metricsList(metrics.Before),
		DesiredShardLevelMetrics: metricsList(metrics.After),
	}, nil
}
