package dynamodbapi

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
)

// The constraints of the model, named as it names the shapes.
var (
	free        = api.Shape{}
	tableName   = api.Shape{Length: api.Range{Min: 3, Max: 255}, Pattern: api.NewPattern(`[a-zA-Z0-9_.-]+`)}
	tableARN    = api.Shape{Length: api.Range{Min: 1, Max: 1024}} // or a name: the operations look
	resourceARN = api.Shape{Length: api.Range{Min: 1, Max: 1283}}
	indexName   = api.Shape{Length: api.Range{Min: 3, Max: 255}, Pattern: api.NewPattern(`[a-zA-Z0-9_.-]+`)}
	positive    = api.Shape{Range: api.AtLeast(1)}

	attributeNames = api.Shape{Length: api.Range{Min: 1, Max: 255}, Element: &attributeName}
	attributeName  = api.Shape{Length: api.Range{Min: 0, Max: 65535}}
	keyAttribute   = api.Shape{Length: api.Range{Min: 1, Max: 255}}
	item           = api.Shape{} // attribute values have no constraints of this kind
	names          = api.Shape{Key: &free, Value: &free}
	values         = api.Shape{Element: &free}

	returnCapacity = enum(types.ReturnConsumedCapacity("").Values())
	returnMetrics  = enum(types.ReturnItemCollectionMetrics("").Values())
	returnValues   = enum(types.ReturnValue("").Values())
	returnFailed   = enum(types.ReturnValuesOnConditionCheckFailure("").Values())
	operator       = enum(types.ConditionalOperator("").Values())
	comparison     = enum(types.ComparisonOperator("").Values())
	selected       = enum(types.Select("").Values())
	billingMode    = enum(types.BillingMode("").Values())
	tableClass     = enum(types.TableClass("").Values())
)

var (
	keySchema = list(1, 4, structure(
		required("AttributeName", keyAttribute),
		required("KeyType", enum(types.KeyType("").Values())),
	))
	attributeDefinitions = api.Shape{Element: &attributeDefinition}
	attributeDefinition  = structure(
		required("AttributeName", keyAttribute),
		required("AttributeType", enum(types.ScalarAttributeType("").Values())),
	)
	throughput = structure(
		required("ReadCapacityUnits", positive),
		required("WriteCapacityUnits", positive),
	)
	projection = structure(
		optional("NonKeyAttributes", list(1, 20, api.Shape{Length: api.Range{Min: 1, Max: 255}})),
		optional("ProjectionType", enum(types.ProjectionType("").Values())),
	)
	secondaryIndex = structure(with([]api.Member{
		required("IndexName", indexName),
		required("KeySchema", keySchema),
		required("Projection", projection),
		optional("ProvisionedThroughput", throughput),
	}, unserved("OnDemandThroughput", "WarmThroughput")...)...)
	indexUpdate = structure(
		optional("Create", secondaryIndex),
		optional("Delete", structure(required("IndexName", indexName))),
		optional("Update", structure(with([]api.Member{
			required("IndexName", indexName),
			optional("ProvisionedThroughput", throughput),
		}, unserved("OnDemandThroughput", "WarmThroughput")...)...)),
	)
	encryption = structure(
		optional("Enabled", free),
		optional("KMSMasterKeyId", free),
		optional("SSEType", enum(types.SSEType("").Values())),
	)
	stream = structure(
		required("StreamEnabled", free),
		optional("StreamViewType", enum(types.StreamViewType("").Values())),
	)
	tag = structure(
		required("Key", api.Shape{Length: api.Range{Min: 1, Max: 128}}),
		required("Value", api.Shape{Length: api.Range{Min: 0, Max: 256}}),
	)
	tags = api.Shape{Element: &tag}
)

var (
	expected = api.Shape{Value: pointer(structure(
		optional("AttributeValueList", values),
		optional("ComparisonOperator", comparison),
		optional("Exists", free),
		optional("Value", free),
	))}
	conditions = api.Shape{Value: pointer(structure(
		required("ComparisonOperator", comparison),
		optional("AttributeValueList", values),
	))}
	updates = api.Shape{Value: pointer(structure(
		optional("Action", enum(types.AttributeAction("").Values())),
		optional("Value", free),
	))}
	keysAndAttributes = structure(
		required("Keys", list(1, 100, item)),
		optional("AttributesToGet", attributeNames),
		optional("ConsistentRead", free),
		optional("ExpressionAttributeNames", names),
		optional("ProjectionExpression", free),
	)
	writeRequests = list(1, 25, structure(
		optional("DeleteRequest", structure(required("Key", item))),
		optional("PutRequest", structure(required("Item", item))),
	))
	transactWrite = structure(
		optional("ConditionCheck", transactItem("Key", required("ConditionExpression", free))),
		optional("Delete", transactItem("Key", optional("ConditionExpression", free))),
		optional("Put", transactItem("Item", optional("ConditionExpression", free))),
		optional("Update", transactItem("Key", optional("ConditionExpression", free), required("UpdateExpression", free))),
	)
	transactGet = structure(required("Get", structure(
		required("Key", item),
		required("TableName", tableARN),
		optional("ExpressionAttributeNames", names),
		optional("ProjectionExpression", free),
	)))
)

// transactItem is a part of a transaction, on the item with a key or on a whole
// item.
func transactItem(on string, expressions ...api.Member) api.Shape {
	return structure(with(expressions,
		required(on, item),
		required("TableName", tableARN),
		optional("ExpressionAttributeNames", names),
		optional("ExpressionAttributeValues", item),
		optional("ReturnValuesOnConditionCheckFailure", returnFailed),
	)...)
}

func enum[T ~string](values []T) api.Shape { return api.Shape{Enum: api.Enum(values...)} }

func structure(members ...api.Member) api.Shape {
	return api.Shape{Fields: api.NewStructure(members...)}
}

func list(minimum, maximum int64, element api.Shape) api.Shape {
	return api.Shape{Length: api.Range{Min: minimum, Max: maximum}, Element: &element}
}

func pointer(s api.Shape) *api.Shape { return &s }
