package kinesis

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// describedShards is the most shards in one reply.
const describedShards = 100

// DescribeStream shows a stream and up to 100 of its shards, closed ones that
// are within retention included, in id order. ExclusiveStartShardId is where a
// caller goes on while HasMoreShards is true. There are no shards while the
// stream is CREATING or DELETING.
//
// Errors, in the order they are checked:
//   - InvalidArgumentException: neither name nor ARN, or two streams
//   - LimitExceededException: the call rate
//   - ResourceNotFoundException: no such stream
func (s *Service) DescribeStream(ctx context.Context, in *kinesis.DescribeStreamInput) (*kinesis.DescribeStreamOutput, error) {
	ref, err := s.admit(ctx, "DescribeStream", aws.ToString(in.StreamName), aws.ToString(in.StreamARN))
	if err != nil {
		return nil, err
	}
	x, err := s.existing(ref)
	if err != nil {
		return nil, err
	}
	shards, more := describeShards(x, aws.ToString(in.ExclusiveStartShardId), pageSize(in.Limit, describedShards), s.nowMillis())
	kind, keyID := describeEncryption(x)
	return &kinesis.DescribeStreamOutput{StreamDescription: &types.StreamDescription{
		StreamName:              aws.String(x.Name),
		StreamARN:               aws.String(x.ARN()),
		StreamStatus:            x.Status,
		StreamModeDetails:       modeDetails(x),
		Shards:                  shards,
		HasMoreShards:           aws.Bool(more),
		RetentionPeriodHours:    aws.Int32(x.RetentionHours),
		StreamCreationTimestamp: created(x),
		EnhancedMonitoring:      monitored(x),
		EncryptionType:          kind,
		KeyId:                   keyID,
	}}, nil
}

// describeShards returns up to limit shards after the id, and whether there
// are more.
func describeShards(x *catalog.Stream, after string, limit int, nowMillis int64) ([]types.Shard, bool) {
	shapes := []types.Shard{}
	shards := shardsAfter(x, after)
	for i := range shards {
		if x.Expired(&shards[i], nowMillis) {
			continue
		}
		if len(shapes) == limit {
			return shapes, true
		}
		shapes = append(shapes, shardShape(&shards[i]))
	}
	return shapes, false
}

// shardsAfter returns the shards with higher ids than the text, which need not
// be the id of one; what is no id at all sorts as text does.
func shardsAfter(x *catalog.Stream, text string) []catalog.Shard {
	if text == "" {
		return x.Shards
	}
	if id, ok := stream.ParseShardID(text); ok {
		return x.ShardsAfter(id)
	}
	if text < stream.ShardID(0).String() {
		return x.Shards
	}
	return nil
}
