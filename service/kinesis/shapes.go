package kinesis

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// The forms in which several operations show streams and shards.

// created returns the creation time in whole seconds, as AWS shows it.
func created(x *catalog.Stream) *time.Time { return aws.Time(time.Unix(x.CreatedMillis/1000, 0)) }

func modeDetails(x *catalog.Stream) *types.StreamModeDetails {
	return &types.StreamModeDetails{StreamMode: x.Mode}
}

func distributionOf(x *catalog.Stream) types.RecordDistributionStrategy {
	if x.Auto {
		return types.RecordDistributionStrategyAuto
	}
	return types.RecordDistributionStrategyUserPartitionKey
}

func shardShape(sh *catalog.Shard) types.Shard {
	shape := types.Shard{
		ShardId: aws.String(sh.ID().String()),
		HashKeyRange: &types.HashKeyRange{
			StartingHashKey: aws.String(sh.Range.Start.String()),
			EndingHashKey:   aws.String(sh.Range.End.String()),
		},
		SequenceNumberRange: &types.SequenceNumberRange{
			StartingSequenceNumber: aws.String(sh.StartingSequenceNumber().String()),
		},
		ParentShardId:         parentShape(sh.Parent),
		AdjacentParentShardId: parentShape(sh.AdjacentParent),
	}
	if sh.Closed() {
		shape.SequenceNumberRange.EndingSequenceNumber = aws.String(sh.EndingSequenceNumber().String())
	}
	return shape
}

func parentShape(index int32) *string {
	if index == catalog.NoShard {
		return nil
	}
	return aws.String(stream.ShardID(index).String())
}
