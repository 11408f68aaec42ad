package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// DescribeStreamSummary shows a stream without its shards. It never has a
// StreamId, by which clients would choose other hosts (spec data-streams §7).
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
func (s *Service) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error) {
	ref, err := s.admit(ctx, "DescribeStreamSummary", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	x, err := s.existing(ref)
	if err != nil {
		return nil, err
	}
	kind, keyID := describeEncryption(x)
	summary := &types.StreamDescriptionSummary{
		StreamName:              aws.String(x.Name),
		StreamARN:               aws.String(x.ARN()),
		StreamStatus:            x.Status,
		StreamModeDetails:       modeDetails(x),
		OpenShardCount:          aws.Int32(int32(len(x.Open()))),
		ConsumerCount:           aws.Int32(int32(len(x.Consumers))),
		ChannelCount:            aws.Int32(0),
		RetentionPeriodHours:    aws.Int32(x.RetentionHours),
		StreamCreationTimestamp: created(x),
		EnhancedMonitoring:      monitored(x),
		EncryptionType:          kind,
		KeyId:                   keyID,
		MaxRecordSizeInKiB:      aws.Int32(x.MaxRecordKiB),
	}
	if x.Mode == types.StreamModeOnDemand {
		summary.RecordDistributionStrategy = distributionOf(x)
		if warmed := x.Warmed(); warmed != (catalog.Warmed{}) {
			summary.WarmThroughput = warmShape(warmed)
		}
	}
	return &kinesis.DescribeStreamSummaryOutput{StreamDescriptionSummary: summary}, nil
}
