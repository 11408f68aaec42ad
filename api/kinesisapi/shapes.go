package kinesisapi

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
)

// The constraints of spec data-streams §8.3, named as the model names the
// shapes.

var (
	name    = api.Shape{Length: api.Range{Min: 1, Max: 128}, Pattern: api.NewPattern(`[a-zA-Z0-9_.-]+`)}
	keyID   = api.Shape{Length: api.Range{Min: 1, Max: 2048}}
	boolean = api.Shape{}
	instant = api.Shape{}

	streamARN   = arn(`arn:aws.*:kinesis:.*:\d{12}:stream/\S+`)
	resourceARN = arn(`arn:aws.*:kinesis:.*:\d{12}:.*(stream|channel|queue)/\S+`)
	consumerARN = arn(`^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+`)
	streamID    = api.Shape{Length: api.Range{Min: 1, Max: 24}, Pattern: api.NewPattern(`[a-z0-9]{20}-[a-z0-9]{3}`)}

	partitionKey   = api.Shape{Length: api.Range{Min: 1, Max: MaxPartitionKeyLength}}
	hashKey        = api.Shape{Pattern: api.NewPattern(`^(0|([1-9]\d{0,38}))$`)}
	sequenceNumber = api.Shape{Pattern: api.NewPattern(`^(0|([1-9]\d{0,128}))$`)}
	data           = api.Shape{Length: api.Range{Min: 0, Max: MaxDataBytes}}
	shardIterator  = api.Shape{Length: api.Range{Min: 1, Max: MaxShardIteratorLength}}

	nextToken = api.Shape{Length: api.Range{Min: 1, Max: 1 << 20}}
	pageSize  = api.Shape{Range: api.Range{Min: 1, Max: MaxPageSize}}
	positive  = api.Shape{Range: api.AtLeast(1)}
	natural   = api.Shape{Range: api.AtLeast(0)}
	hours     = api.Shape{} // the operations' own check has its own text
	recordKiB = api.Shape{Range: api.Range{Min: 1024, Max: 10240}}

	tagKey   = api.Shape{Length: api.Range{Min: 1, Max: 128}}
	tagValue = api.Shape{Length: api.Range{Min: 0, Max: 256}}
	tagMap   = api.Shape{Length: api.Range{Min: 1, Max: 200}, Key: &tagKey, Value: &tagValue}
	tagKeys  = api.Shape{Length: api.Range{Min: 1, Max: 50}, Element: &tagKey}

	metricsName       = enum(types.MetricsName("").Values())
	metricsNames      = api.Shape{Length: api.Range{Min: 1, Max: 7}, Element: &metricsName}
	encryptionType    = enum(types.EncryptionType("").Values())
	scalingType       = enum(types.ScalingType("").Values())
	distribution      = enum(types.RecordDistributionStrategy("").Values())
	shardFilterType   = enum(types.ShardFilterType("").Values())
	shardIteratorType = enum([]types.ShardIteratorType{ // AWS's order in messages
		types.ShardIteratorTypeAfterSequenceNumber, types.ShardIteratorTypeLatest, types.ShardIteratorTypeAtTimestamp,
		types.ShardIteratorTypeAtSequenceNumber, types.ShardIteratorTypeTrimHorizon,
	})
)

// Limits that the hot codecs check too.
const (
	MaxRecords             = 500 // of one PutRecords
	MaxDataBytes           = 10 << 20
	MaxPartitionKeyLength  = 256 // characters
	MaxShardIteratorLength = 512
	MaxPageSize            = 10000
	MaxNameLength          = 128
)

var (
	streamModeDetails = structure(
		required("StreamMode", enum(types.StreamMode("").Values())),
	)
	shardFilter = structure(
		required("Type", shardFilterType),
		optional("ShardId", name),
		optional("Timestamp", instant),
	)
	startingPosition = structure(
		required("Type", shardIteratorType),
		optional("SequenceNumber", sequenceNumber),
		optional("Timestamp", instant),
	)
	putRecordsEntry = api.Shape{Fields: api.NewStructure(
		required("Data", data),
		optional("ExplicitHashKey", hashKey),
		optional("PartitionKey", partitionKey),
	).Reported("PartitionKey", "ExplicitHashKey", "Data")}
	records = api.Shape{Length: api.Range{Min: 1, Max: MaxRecords}, Element: &putRecordsEntry}

	billingCommitment = structure(
		required("Status", enum(types.MinimumThroughputBillingCommitmentInputStatus("").Values())),
	)
)

// arn is the shape of an ARN with the pattern.
func arn(pattern string) api.Shape {
	return api.Shape{Length: api.Range{Min: 1, Max: 2048}, Pattern: api.NewPattern(pattern)}
}

func enum[T ~string](values []T) api.Shape { return api.Shape{Enum: api.Enum(values...)} }

func structure(members ...api.Member) api.Shape {
	return api.Shape{Fields: api.NewStructure(members...)}
}

func optional(name string, s api.Shape) api.Member { return api.Member{Name: name, Shape: s} }

func required(name string, s api.Shape) api.Member {
	s.Required = true
	return api.Member{Name: name, Shape: s}
}
