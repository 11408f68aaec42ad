package kinesisapi

import "github.com/leat-io/leat/api"

// The operations, in the groups of spec data-streams §1. Members stand in the
// order of the model; Reported has the order of spec data-streams §8.2.

var streamOperations = []*api.Operation{
	command("CreateStream", input(
		required("StreamName", name),
		optional("ShardCount", positive),
		optional("StreamModeDetails", streamModeDetails),
		optional("Tags", tagMap),
		optional("WarmThroughputMiBps", natural),
		optional("MaxRecordSizeInKiB", recordKiB),
		optional("RecordDistributionStrategy", distribution),
	).Reported("ShardCount", "StreamName"),
		codes(InvalidArgument, LimitExceeded, ResourceInUse, Validation)),
	command("DeleteStream", onStream(
		optional("EnforceConsumerDeletion", boolean),
	), changeErrors),
	operation("DescribeStream", onStream(
		optional("Limit", pageSize),
		optional("ExclusiveStartShardId", name),
	).Reported("Limit", "ExclusiveStartShardId", "StreamName"), readErrors),
	operation("DescribeStreamSummary", onStream(), readErrors),
	operation("ListStreams", input(
		optional("Limit", pageSize),
		optional("ExclusiveStartStreamName", name),
		optional("NextToken", nextToken),
	), codes(ExpiredNextToken, InvalidArgument, LimitExceeded)),
}

var shardOperations = []*api.Operation{
	operation("ListShards", input(
		optional("StreamName", name),
		optional("NextToken", nextToken),
		optional("ExclusiveStartShardId", name),
		optional("MaxResults", pageSize),
		optional("StreamCreationTimestamp", instant),
		optional("ShardFilter", shardFilter),
		optional("StreamARN", streamARN),
		optional("StreamId", streamID),
	).Reported("ExclusiveStartShardId", "MaxResults", "NextToken", "StreamName"),
		append(codes(ExpiredNextToken), changeErrors...)),
	command("SplitShard", onStream(
		required("ShardToSplit", name),
		required("NewStartingHashKey", hashKey),
	).Reported("NewStartingHashKey", "StreamName", "ShardToSplit"), reshardErrors),
	command("MergeShards", onStream(
		required("ShardToMerge", name),
		required("AdjacentShardToMerge", name),
	).Reported("ShardToMerge", "AdjacentShardToMerge", "StreamName"), reshardErrors),
	operation("UpdateShardCount", onStream(
		required("TargetShardCount", positive),
		required("ScalingType", scalingType),
	), reshardErrors),
}

var settingOperations = []*api.Operation{
	command("IncreaseStreamRetentionPeriod", onStream(
		required("RetentionPeriodHours", hours),
	).Reported("RetentionPeriodHours", "StreamName"), changeErrors),
	command("DecreaseStreamRetentionPeriod", onStream(
		required("RetentionPeriodHours", hours),
	).Reported("RetentionPeriodHours", "StreamName"), changeErrors),
	command("StartStreamEncryption", onStream(
		required("EncryptionType", encryptionType),
		required("KeyId", keyID),
	), withKMS(changeErrors...)),
	command("StopStreamEncryption", onStream(
		required("EncryptionType", encryptionType),
		required("KeyId", keyID),
	), changeErrors),
	operation("EnableEnhancedMonitoring", onStream(
		required("ShardLevelMetrics", metricsNames),
	), changeErrors),
	operation("DisableEnhancedMonitoring", onStream(
		required("ShardLevelMetrics", metricsNames),
	), changeErrors),
	command("UpdateStreamMode", input(
		required("StreamARN", streamARN),
		optional("StreamId", streamID),
		required("StreamModeDetails", streamModeDetails),
		optional("WarmThroughputMiBps", natural),
	), codes(InvalidArgument, LimitExceeded, ResourceInUse, ResourceNotFound, Validation)),
	command("UpdateMaxRecordSize", input(
		optional("StreamARN", streamARN),
		optional("StreamId", streamID),
		required("MaxRecordSizeInKiB", recordKiB),
	), reshardErrors),
	operation("UpdateStreamWarmThroughput", input(
		optional("StreamARN", streamARN),
		optional("StreamName", name),
		optional("StreamId", streamID),
		required("WarmThroughputMiBps", natural),
	), reshardErrors),
	command("UpdateStreamRecordDistributionStrategy", input(
		required("StreamARN", streamARN),
		optional("StreamId", streamID),
		required("RecordDistributionStrategy", distribution),
	), reshardErrors),
	operation("DescribeLimits", input(), codes(LimitExceeded)),
	operation("DescribeAccountSettings", input(), codes(LimitExceeded)),
	operation("UpdateAccountSettings", input(
		required("MinimumThroughputBillingCommitment", billingCommitment),
	), codes(InvalidArgument, LimitExceeded, Validation)),
}

var recordOperations = []*api.Operation{
	operation("PutRecord", input(
		optional("StreamName", name),
		required("Data", data),
		optional("PartitionKey", partitionKey),
		optional("ExplicitHashKey", hashKey),
		optional("SequenceNumberForOrdering", sequenceNumber),
		optional("StreamARN", streamARN),
		optional("StreamId", streamID),
		optional("DryRun", boolean),
	).Reported("SequenceNumberForOrdering", "PartitionKey", "ExplicitHashKey", "Data", "StreamName"), putErrors),
	operation("PutRecords", input(
		required("Records", records),
		optional("StreamName", name),
		optional("StreamARN", streamARN),
		optional("StreamId", streamID),
		optional("DryRun", boolean),
	), putErrors),
	operation("GetShardIterator", input(
		optional("StreamName", name),
		required("ShardId", name),
		required("ShardIteratorType", shardIteratorType),
		optional("StartingSequenceNumber", sequenceNumber),
		optional("Timestamp", instant),
		optional("StreamARN", streamARN),
		optional("StreamId", streamID),
		optional("DryRun", boolean),
	).Reported("ShardId", "ShardIteratorType", "StartingSequenceNumber", "StreamName"),
		codes(AccessDenied, DryRunOperation, InternalFailure, InvalidArgument, ProvisionedThroughputExceeded, ResourceNotFound)),
	operation("GetRecords", input(
		required("ShardIterator", shardIterator),
		optional("Limit", pageSize),
		optional("StreamARN", streamARN),
		optional("StreamId", streamID),
		optional("DryRun", boolean),
	).Reported("Limit", "ShardIterator"), append(codes(ExpiredIterator), putErrors...)),
}

var consumerOperations = []*api.Operation{
	operation("RegisterStreamConsumer", input(
		required("StreamARN", streamARN),
		required("ConsumerName", name),
		optional("StreamId", streamID),
		optional("Tags", tagMap),
	), codes(InvalidArgument, LimitExceeded, ResourceInUse, ResourceNotFound)),
	command("DeregisterStreamConsumer", oneConsumer(), codes(InvalidArgument, LimitExceeded, ResourceNotFound)),
	operation("DescribeStreamConsumer", oneConsumer(), codes(InvalidArgument, LimitExceeded, ResourceNotFound)),
	operation("ListStreamConsumers", input(
		required("StreamARN", streamARN),
		optional("NextToken", nextToken),
		optional("MaxResults", pageSize),
		optional("StreamCreationTimestamp", instant),
		optional("StreamId", streamID),
	), codes(ExpiredNextToken, InvalidArgument, LimitExceeded, ResourceInUse, ResourceNotFound)),
	operation("SubscribeToShard", input(
		required("ConsumerARN", consumerARN),
		optional("StreamId", streamID),
		required("ShardId", name),
		required("StartingPosition", startingPosition),
		optional("DryRun", boolean),
	), append(codes(DryRunOperation), changeErrors...)),
}

// oneConsumer names a consumer by its ARN, or by its name and its stream's.
func oneConsumer() *api.Structure {
	return input(
		optional("StreamARN", streamARN),
		optional("ConsumerName", name),
		optional("ConsumerARN", consumerARN),
		optional("StreamId", streamID),
	)
}

var tagOperations = []*api.Operation{
	command("AddTagsToStream", onStream(
		required("Tags", tagMap),
	).Reported("Tags", "StreamName"), changeErrors),
	command("RemoveTagsFromStream", onStream(
		required("TagKeys", tagKeys),
	).Reported("TagKeys", "StreamName"), changeErrors),
	operation("ListTagsForStream", onStream(
		optional("ExclusiveStartTagKey", tagKey),
		optional("Limit", api.Shape{Range: api.Range{Min: 1, Max: 50}}),
	).Reported("Limit", "ExclusiveStartTagKey", "StreamName"), readErrors),
	command("TagResource", input(
		required("Tags", tagMap),
		required("ResourceARN", resourceARN),
		optional("StreamId", streamID),
	), tagErrors),
	command("UntagResource", input(
		required("TagKeys", tagKeys),
		required("ResourceARN", resourceARN),
		optional("StreamId", streamID),
	), tagErrors),
	operation("ListTagsForResource", oneResource(), tagErrors),
	command("PutResourcePolicy", input(
		required("ResourceARN", resourceARN),
		optional("StreamId", streamID),
		required("Policy", api.Shape{}),
	), tagErrors),
	operation("GetResourcePolicy", oneResource(), tagErrors),
	command("DeleteResourcePolicy", oneResource(), tagErrors),
}

// oneResource names a stream, consumer or channel.
func oneResource() *api.Structure {
	return input(
		required("ResourceARN", resourceARN),
		optional("StreamId", streamID),
	)
}
