package kinesisapi

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
)

// The shapes of Channels (spec data-streams §19).

var (
	channelARN  = arn(`^arn:aws.*:kinesis:.*:\d{12}:channel/\S+$`)
	bucketARN   = api.Shape{Pattern: api.NewPattern(`^arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63}$`)}
	roleARN     = text(512, `^arn:aws[-a-z0-9]*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+$`)
	logGroup    = text(512, `^[\.\-_/#A-Za-z0-9]+$`)
	logStream   = text(512, `^[^:*]*$`)
	errorPrefix = text(512, `^[0-9A-Za-z!\-_'.*()\/]+$`)
	keyTemplate = text(1024, `^[0-9A-Za-z!\-_'.*()\/=:{}]+$`)
	tableName   = text(255, `^[0-9a-z_]+$`)
	freshness   = api.Shape{}
	anyText     = api.Shape{}

	recordConfiguration = structure(
		required("RecordFormatType", enum(types.RecordFormatType("").Values())),
		optional("GSRSchemaARN", anyText),
	)
	streamConfiguration = structure(
		required("StreamARN", streamARN),
		required("RecordConfiguration", recordConfiguration),
	)
	deadLetters = structure(
		required("BucketARN", bucketARN),
		required("ExpectedBucketOwner", anyText),
		optional("ErrorOutputPrefix", errorPrefix),
	)
	s3Storage = structure(
		required("BucketARN", bucketARN),
		required("ExpectedBucketOwner", anyText),
		optional("OutputKeyTemplate", keyTemplate),
		optional("StorageClass", enum(types.S3StorageClass("").Values())),
		required("CompressionType", enum(types.S3CompressionType("").Values())),
	)
	s3Destination = structure(
		optional("DataFreshnessInSeconds", freshness),
		optional("DeadLetterQueueS3Configuration", deadLetters),
		required("StorageConfiguration", s3Storage),
	)
	partitionField = structure(
		required("Transform", enum(types.PartitionTransform("").Values())),
		required("SourceName", anyText),
	)
	partitionSpec = structure(
		required("PartitionFields", listOf(&partitionField)),
	)
	s3Table = structure(
		required("TableBucketARN", anyText),
		required("Namespace", tableName),
		required("TableName", tableName),
		required("CompressionType", enum(types.S3TablesCompressionType("").Values())),
		optional("PartitionSpec", partitionSpec),
	)
	s3TablesDestination = structure(
		optional("DataFreshnessInSeconds", freshness),
		required("DeadLetterQueueS3Configuration", deadLetters),
		required("S3TablesConfigurationList", listOf(&s3Table)),
	)
	freshnessUpdate = structure(
		required("DataFreshnessInSeconds", freshness),
	)
	channelEncryption = structure(
		required("EncryptionType", enum(types.ChannelEncryptionType("").Values())),
		required("KeyId", keyID),
	)
	channelLogging = structure(
		required("CloudWatchLogs", structure(
			required("Enabled", boolean),
			optional("LogGroupName", logGroup),
			optional("LogStreamName", logStream),
		)),
	)
	streamFilter = structure(
		required("StreamARN", streamARN),
		optional("StreamCreationTimestamp", instant),
	)
)

var channelErrors = append(codes(Validation), readErrors...)

var channelOperations = []*api.Operation{
	operation("CreateChannel", input(
		required("ChannelName", name),
		required("ServiceExecutionRoleARN", roleARN),
		required("StreamConfigurationList", listOf(&streamConfiguration)),
		optional("S3DestinationConfiguration", s3Destination),
		optional("S3TablesDestinationConfiguration", s3TablesDestination),
		optional("EncryptionConfiguration", channelEncryption),
		optional("Tags", tagMap),
		optional("LoggingConfiguration", channelLogging),
	), withKMS(reshardErrors...)),
	operation("UpdateChannel", input(
		required("ChannelARN", channelARN),
		optional("S3DestinationConfiguration", freshnessUpdate),
		optional("S3TablesDestinationConfiguration", freshnessUpdate),
		optional("LoggingConfiguration", channelLogging),
	), reshardErrors),
	command("DeleteChannel", input(required("ChannelARN", channelARN)), channelErrors),
	operation("DescribeChannel", input(required("ChannelARN", channelARN)), channelErrors),
	operation("ListChannels", input(
		optional("StreamFilter", listOf(&streamFilter)),
		optional("MaxResults", pageSize),
		optional("NextToken", nextToken),
	), codes(AccessDenied, ExpiredNextToken, InvalidArgument, LimitExceeded, Validation)),
}

// listOf is a list of structures with the model's general limit.
func listOf(element *api.Shape) api.Shape {
	return api.Shape{Length: api.Range{Min: 0, Max: 10000}, Element: element}
}

// text is a string of 1 to max characters with the pattern.
func text(max int64, pattern string) api.Shape {
	return api.Shape{Length: api.Range{Min: 1, Max: max}, Pattern: api.NewPattern(pattern)}
}
