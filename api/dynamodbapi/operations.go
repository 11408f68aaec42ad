package dynamodbapi

import (
	"slices"

	"github.com/leat-io/leat/api"
)

// The codes of errors that are the API's own.
const (
	conditionFailed     = "ConditionalCheckFailedException"
	idempotentMismatch  = "IdempotentParameterMismatchException"
	internal            = "InternalServerError"
	limitExceeded       = "LimitExceededException"
	throughputExceeded  = "ProvisionedThroughputExceededException"
	requestLimit        = "RequestLimitExceeded"
	resourceInUse       = "ResourceInUseException"
	resourceNotFound    = "ResourceNotFoundException"
	tableNotFound       = "TableNotFoundException"
	transactionCanceled = "TransactionCanceledException"
	transactionConflict = "TransactionConflictException"
	inProgress          = "TransactionInProgressException"
	unavailable         = "ContinuousBackupsUnavailableException"
	throttling          = "ThrottlingException"
	collectionLimit     = "ItemCollectionSizeLimitExceededException"
)

// Sets that several operations share.
var (
	readErrors    = []string{internal, throughputExceeded, requestLimit, resourceNotFound, throttling}
	writeErrors   = append(slices.Clone(readErrors), conditionFailed, collectionLimit, transactionConflict)
	changeErrors  = []string{internal, limitExceeded, resourceInUse, resourceNotFound}
	settingErrors = changeErrors
)

var tableOperations = []*api.Operation{
	operation("CreateTable", changeErrors, with([]api.Member{
		required("AttributeDefinitions", attributeDefinitions),
		required("TableName", tableARN),
		required("KeySchema", keySchema),
		optional("GlobalSecondaryIndexes", api.Shape{Element: &secondaryIndex}),
		optional("BillingMode", billingMode),
		optional("ProvisionedThroughput", throughput),
		optional("StreamSpecification", stream),
		optional("SSESpecification", encryption),
		optional("Tags", tags),
		optional("TableClass", tableClass),
		optional("DeletionProtectionEnabled", free),
	}, unserved("LocalSecondaryIndexes", "WarmThroughput", "ResourcePolicy", "OnDemandThroughput",
		"GlobalTableSourceArn", "GlobalTableSettingsReplicationMode", "VectorIndexes")...)...),
	operation("DeleteTable", changeErrors, required("TableName", tableARN)),
	operation("DescribeTable", []string{internal, resourceNotFound}, required("TableName", tableARN)),
	operation("ListTables", []string{internal},
		optional("ExclusiveStartTableName", tableName),
		optional("Limit", api.Shape{Range: api.Range{Min: 1, Max: 100}})),
	operation("UpdateTable", changeErrors, with([]api.Member{
		optional("AttributeDefinitions", attributeDefinitions),
		required("TableName", tableARN),
		optional("BillingMode", billingMode),
		optional("ProvisionedThroughput", throughput),
		optional("GlobalSecondaryIndexUpdates", api.Shape{Element: &indexUpdate}),
		optional("StreamSpecification", stream),
		optional("SSESpecification", encryption),
		optional("TableClass", tableClass),
		optional("DeletionProtectionEnabled", free),
	}, unserved("ReplicaUpdates", "MultiRegionConsistency", "GlobalTableWitnessUpdates", "OnDemandThroughput",
		"WarmThroughput", "GlobalTableSettingsReplicationMode", "VectorIndexUpdates", "DisassociationProtectionEnabled")...)...),
}

var itemOperations = []*api.Operation{
	operation("GetItem", readErrors,
		required("TableName", tableARN),
		required("Key", item),
		optional("AttributesToGet", attributeNames),
		optional("ConsistentRead", free),
		optional("ReturnConsumedCapacity", returnCapacity),
		optional("ProjectionExpression", free),
		optional("ExpressionAttributeNames", names)),
	operation("PutItem", writeErrors, write("Item")...),
	operation("DeleteItem", writeErrors, write("Key")...),
	operation("UpdateItem", writeErrors, with(write("Key"),
		optional("AttributeUpdates", updates),
		optional("UpdateExpression", free))...),
	operation("Query", readErrors, with(read(),
		optional("KeyConditions", conditions),
		optional("QueryFilter", conditions),
		optional("ScanIndexForward", free),
		optional("KeyConditionExpression", free))...),
	operation("Scan", readErrors, with(read(),
		optional("ScanFilter", conditions),
		optional("TotalSegments", api.Shape{Range: api.Range{Min: 1, Max: 1_000_000}}),
		optional("Segment", api.Shape{Range: api.Range{Min: 0, Max: 999_999}}))...),
	operation("BatchGetItem", readErrors,
		required("RequestItems", api.Shape{Length: api.Range{Min: 1, Max: 100}, Value: &keysAndAttributes}),
		optional("ReturnConsumedCapacity", returnCapacity)),
	operation("BatchWriteItem", append(slices.Clone(readErrors), collectionLimit),
		required("RequestItems", api.Shape{Length: api.Range{Min: 1, Max: 25}, Value: &writeRequests}),
		optional("ReturnConsumedCapacity", returnCapacity),
		optional("ReturnItemCollectionMetrics", returnMetrics)),
	operation("TransactGetItems", append(slices.Clone(readErrors), transactionCanceled),
		required("TransactItems", list(1, 100, transactGet)),
		optional("ReturnConsumedCapacity", returnCapacity)),
	operation("TransactWriteItems", append(slices.Clone(readErrors), transactionCanceled, inProgress, idempotentMismatch),
		required("TransactItems", list(1, 100, transactWrite)),
		optional("ReturnConsumedCapacity", returnCapacity),
		optional("ReturnItemCollectionMetrics", returnMetrics),
		optional("ClientRequestToken", api.Shape{Length: api.Range{Min: 1, Max: 36}})),
}

// write is the input of a write of the item with a key, or of a whole item.
func write(on string) []api.Member {
	return []api.Member{
		required("TableName", tableARN),
		required(on, item),
		optional("Expected", expected),
		optional("ReturnValues", returnValues),
		optional("ReturnConsumedCapacity", returnCapacity),
		optional("ReturnItemCollectionMetrics", returnMetrics),
		optional("ConditionalOperator", operator),
		optional("ConditionExpression", free),
		optional("ExpressionAttributeNames", names),
		optional("ExpressionAttributeValues", item),
		optional("ReturnValuesOnConditionCheckFailure", returnFailed),
	}
}

// read is what Query and Scan have in common.
func read() []api.Member {
	return []api.Member{
		required("TableName", tableARN),
		optional("IndexName", indexName),
		optional("Select", selected),
		optional("AttributesToGet", attributeNames),
		optional("Limit", positive),
		optional("ConsistentRead", free),
		optional("ConditionalOperator", operator),
		optional("ExclusiveStartKey", item),
		optional("ReturnConsumedCapacity", returnCapacity),
		optional("ProjectionExpression", free),
		optional("FilterExpression", free),
		optional("ExpressionAttributeNames", names),
		optional("ExpressionAttributeValues", item),
	}
}

var settingOperations = []*api.Operation{
	operation("DescribeContinuousBackups", []string{internal, tableNotFound}, required("TableName", tableARN)),
	operation("UpdateContinuousBackups", []string{internal, tableNotFound, unavailable},
		required("TableName", tableARN),
		required("PointInTimeRecoverySpecification", structure(
			required("PointInTimeRecoveryEnabled", free),
			optional("RecoveryPeriodInDays", api.Shape{Range: api.Range{Min: 1, Max: 35}}),
		))),
	operation("DescribeTimeToLive", []string{internal, resourceNotFound}, required("TableName", tableARN)),
	operation("UpdateTimeToLive", settingErrors,
		required("TableName", tableARN),
		required("TimeToLiveSpecification", structure(
			required("Enabled", free),
			required("AttributeName", api.Shape{Length: api.Range{Min: 1, Max: 255}}),
		))),
	operation("ListTagsOfResource", []string{internal, resourceNotFound},
		required("ResourceArn", resourceARN),
		optional("NextToken", free)),
	operation("TagResource", settingErrors,
		required("ResourceArn", resourceARN),
		required("Tags", tags)),
	operation("UntagResource", settingErrors,
		required("ResourceArn", resourceARN),
		required("TagKeys", api.Shape{Element: pointer(api.Shape{Length: api.Range{Min: 1, Max: 128}})})),
}
