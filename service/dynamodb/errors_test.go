package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Inputs of what is refused, on the table "t" of rig.createTable("id").
type (
	getIn    = dynamodb.GetItemInput
	putIn    = dynamodb.PutItemInput
	updateIn = dynamodb.UpdateItemInput
	deleteIn = dynamodb.DeleteItemInput
	queryIn  = dynamodb.QueryInput
	scanIn   = dynamodb.ScanInput
)

var (
	table = aws.String("t")
	idA   = attr.Item{"id": str("a")}
)

// queryOf is a query by a condition with placeholders and their values.
func queryOf(condition string, values ...any) *queryIn {
	in := &queryIn{TableName: table, KeyConditionExpression: aws.String(condition), ExpressionAttributeValues: attr.Item{}}
	for i := 0; i < len(values); i += 2 {
		in.ExpressionAttributeValues[values[i].(string)] = values[i+1].(attr.Value)
	}
	return in
}

// conditions returns so many legacy conditions.
func conditions(n int) map[string]types.Condition {
	all := make(map[string]types.Condition, n)
	for i := range n {
		all[fmt.Sprint("x", i)] = types.Condition{ComparisonOperator: types.ComparisonOperatorNull}
	}
	return all
}

// refusals are calls and AWS's words against them, all ValidationExceptions.
var refusals = []struct {
	in   any
	want string
}{
	{&getIn{TableName: table, Key: attr.Item{"id": num("1")}}, "The provided key element does not match the schema"},
	{&getIn{TableName: table, Key: attr.Item{}}, "The provided key element does not match the schema"},
	{&getIn{TableName: table, Key: attr.Item{"id": str("a"), "x": str("b")}}, "The provided key element does not match the schema"},
	{&getIn{TableName: table, Key: attr.Item{"id": str("")}}, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: id"},
	{&getIn{TableName: table, Key: attr.Item{"id": str(strings.Repeat("x", 2049))}}, "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"},
	{&getIn{TableName: table, Key: idA, AttributesToGet: []string{"a"}, ProjectionExpression: aws.String("a")}, "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"},
	{&putIn{TableName: table, Item: attr.Item{"x": str("a")}}, "One or more parameter values were invalid: Missing the key id in the item"},
	{&putIn{TableName: table, Item: attr.Item{"id": num("1")}}, "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N"},
	{&putIn{TableName: table, Item: attr.Item{"id": str("a"), "x": num("1e999")}}, "Number overflow. Attempting to store a number with magnitude larger than supported range"},
	{&putIn{TableName: table, Item: idA, ReturnValues: types.ReturnValueAllNew}, "ReturnValues can only be ALL_OLD or NONE"},
	{&putIn{TableName: table, Item: attr.Item{"id": str("a"), "x": str(strings.Repeat("x", 400<<10))}}, "Item size has exceeded the maximum allowed size"},
	{&putIn{TableName: table, Item: attr.Item{"id": str("a"), "owner": num("1")}}, "One or more parameter values were invalid: Type mismatch for Index Key owner Expected: S Actual: N IndexName: by"},
	{&putIn{TableName: table, Item: attr.Item{"id": str("a"), "owner": str("")}}, "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by, IndexKey: owner"},
	{&putIn{TableName: table, Item: idA, Expected: map[string]types.ExpectedAttributeValue{"x": {Exists: aws.Bool(true)}}}, "One or more parameter values were invalid: Value must be provided when Exists is true for Attribute: x"},
	{&putIn{TableName: table, Item: idA, Expected: map[string]types.ExpectedAttributeValue{"x": {Exists: aws.Bool(false), Value: num("1")}}}, "One or more parameter values were invalid: Value cannot be used when Exists is false for Attribute: x"},
	{&putIn{TableName: table, Item: idA, Expected: map[string]types.ExpectedAttributeValue{"x": {}}}, "One or more parameter values were invalid: Value must be provided when Exists is null for Attribute: x"},
	{&putIn{TableName: table, Item: idA, ConditionalOperator: types.ConditionalOperatorOr}, "ConditionalOperator cannot be used without Filter or Expected"},
	{&putIn{TableName: table, Item: idA, ExpressionAttributeNames: map[string]string{"#a": "a"}}, "ExpressionAttributeNames can only be specified when using expressions"},
	{&putIn{TableName: table, Item: idA, ConditionExpression: aws.String("attribute_exists(x)"), Expected: map[string]types.ExpectedAttributeValue{}}, "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"},
	{&putIn{TableName: table, Item: idA, ConditionExpression: aws.String("attribute_exists(x)"), ExpressionAttributeValues: attr.Item{":v": num("1")}}, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"},
	{&updateIn{TableName: table, Key: idA, UpdateExpression: aws.String("SET id = :v"), ExpressionAttributeValues: attr.Item{":v": str("b")}}, "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key"},
	{&updateIn{TableName: table, Key: idA, AttributeUpdates: map[string]types.AttributeValueUpdate{"x": {Action: types.AttributeActionPut}}}, "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"},
	{&updateIn{TableName: table, Key: idA, AttributeUpdates: map[string]types.AttributeValueUpdate{"x": {Action: types.AttributeActionAdd, Value: str("a")}}}, "One or more parameter values were invalid: ADD action is not supported for the type S"},
	{&updateIn{TableName: table, Key: idA, AttributeUpdates: map[string]types.AttributeValueUpdate{"x": {Action: types.AttributeActionDelete, Value: str("a")}}}, "One or more parameter values were invalid: DELETE action with value is not supported for the type S"},
	{&updateIn{TableName: table, Key: idA, UpdateExpression: aws.String("SET x = y")}, "The provided expression refers to an attribute that does not exist in the item"},
	{&updateIn{TableName: table, Key: idA, UpdateExpression: aws.String("SET x = :v"), ExpressionAttributeValues: attr.Item{":v": str(strings.Repeat("x", 400<<10))}}, "Item size to update has exceeded the maximum allowed size"},
	{&putIn{TableName: table, Item: attr.Item{"id": str("a"), "": str("b")}}, "One or more parameter values were invalid: Attribute name must not be empty"},
	{&updateIn{TableName: table, Key: idA, AttributeUpdates: map[string]types.AttributeValueUpdate{"": {Action: types.AttributeActionDelete}}}, "One or more parameter values were invalid: Attribute name must not be empty"},
	{&updateIn{TableName: table, Key: idA, UpdateExpression: aws.String("REMOVE x.#e"), ExpressionAttributeNames: map[string]string{"#e": ""}}, "ExpressionAttributeNames contains invalid value: One or more parameter values were invalid: Attribute name must not be empty for key #e"},
	{&putIn{TableName: table, Item: idA, Expected: map[string]types.ExpectedAttributeValue{"": {Exists: aws.Bool(false)}}}, "One or more parameter values were invalid: Attribute name must not be empty"},
	{&scanIn{TableName: table, ScanFilter: map[string]types.Condition{"": {ComparisonOperator: types.ComparisonOperatorNull}}}, "One or more parameter values were invalid: Attribute name must not be empty"},
	{&scanIn{TableName: table, ScanFilter: conditions(301)}, "One or more parameter values were invalid: Filter or Expected has more than 300 conditions"},
	{&deleteIn{TableName: table, Key: idA, ReturnValues: types.ReturnValueUpdatedOld}, "ReturnValues can only be ALL_OLD or NONE"},
	{&queryIn{TableName: table}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
	{queryOf("x = :v", ":v", num("1")), "Query condition missed key schema element: id"},
	{queryOf("id > :v", ":v", str("a")), "Query key condition not supported"},
	{queryOf("id = :v", ":v", num("1")), "One or more parameter values were invalid: Condition parameter type does not match schema type"},
	{queryOf("id = :v OR id = :w", ":v", str("a"), ":w", str("b")), "Invalid operator used in KeyConditionExpression: OR"},
	{queryOf("id = :v AND id = :w", ":v", str("a"), ":w", str("b")), "KeyConditionExpressions must only contain one condition per key"},
	{&queryIn{TableName: table, IndexName: aws.String("nope"), KeyConditionExpression: aws.String("id = :v"), ExpressionAttributeValues: attr.Item{":v": str("a")}}, "The table does not have the specified index: nope"},
	{&queryIn{TableName: table, IndexName: aws.String("by"), ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("id = :v"), ExpressionAttributeValues: attr.Item{":v": str("a")}}, "Consistent reads are not supported on global secondary indexes"},
	{&queryIn{TableName: table, KeyConditionExpression: aws.String("id = :v"), FilterExpression: aws.String("id = :v"), ExpressionAttributeValues: attr.Item{":v": str("a")}}, "Filter Expression can only contain non-primary key attributes: Primary key attribute: id"},
	{&queryIn{TableName: table, KeyConditionExpression: aws.String("id = :v"), ExpressionAttributeValues: attr.Item{":v": str("a")}, ExclusiveStartKey: attr.Item{"id": str("b")}}, "The provided starting key is outside query boundaries based on provided conditions"},
	{&scanIn{TableName: table, ExclusiveStartKey: attr.Item{"id": num("1")}}, "The provided starting key is invalid"},
	{&scanIn{TableName: table, Segment: aws.Int32(1)}, "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
	{&scanIn{TableName: table, Segment: aws.Int32(4), TotalSegments: aws.Int32(4)}, "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 4 is not less than TotalSegments: 4"},
	{&scanIn{TableName: table, Select: types.SelectSpecificAttributes}, "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
	{&scanIn{TableName: table, Select: types.SelectAllProjectedAttributes}, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
	{&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"t": {Keys: []attr.Item{idA, idA}}}}, "Provided list of item keys contains duplicates"},
	{&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"t": {{PutRequest: &types.PutRequest{Item: idA}}, {DeleteRequest: &types.DeleteRequest{Key: idA}}}}}, "Provided list of item keys contains duplicates"},
	{&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Delete: &types.Delete{TableName: table, Key: idA}}, {Delete: &types.Delete{TableName: table, Key: idA}}}}, "Transaction request cannot include multiple operations on one item"},
	{&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{}}}, "TransactItems can only contain one of Check, Put, Update or Delete"},
	{&dynamodb.UpdateTableInput{TableName: table}, "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"},
	{&dynamodb.UpdateTableInput{TableName: table, BillingMode: types.BillingModeProvisioned}, "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
	{&dynamodb.CreateTableInput{TableName: table, KeySchema: schema("id"), AttributeDefinitions: definitions("x:S"), BillingMode: types.BillingModePayPerRequest}, "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [id], AttributeDefinitions: [x]"},
	{&dynamodb.CreateTableInput{TableName: table, KeySchema: schema("id"), AttributeDefinitions: definitions("id:S", "x:S"), BillingMode: types.BillingModePayPerRequest}, "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
	{&dynamodb.CreateTableInput{TableName: table, KeySchema: schema("id"), AttributeDefinitions: definitions("id:S", "id:S"), BillingMode: types.BillingModePayPerRequest}, "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
	{&dynamodb.CreateTableInput{TableName: table, KeySchema: schema("id"), AttributeDefinitions: definitions("id:S")}, "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
	{&dynamodb.CreateTableInput{TableName: table, KeySchema: schema("id"), AttributeDefinitions: definitions("id:S"), StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true)}}, "This server does not serve the parameter StreamSpecification yet."},
}

// TestRefusals checks AWS's words, and that nothing that is refused reaches the
// log.
func TestRefusals(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	before := len(r.log.commands)
	for _, c := range refusals {
		wantError(t, r.call(c.in), "ValidationException", c.want)
	}
	if n := len(r.log.commands) - before; n > 0 {
		t.Errorf("%d commands were written for what is refused", n)
	}
}

// call calls the operation of an input.
func (r *rig) call(in any) error {
	name := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", in), "*dynamodb."), "Input")
	_, err := r.Handlers()[name].Call(r.ctx, in)
	return err
}

// TestNoTable checks what is said of a table that does not exist, which depends
// on the call.
func TestNoTable(t *testing.T) {
	r := newRig(t, Options{})
	const code = "ResourceNotFoundException"
	wantError(t, r.call(&getIn{TableName: table, Key: idA}), code, "Requested resource not found")
	wantError(t, r.call(&putIn{TableName: table, Item: idA}), code, "Requested resource not found")
	wantError(t, r.call(&scanIn{TableName: table}), code, "Requested resource not found")
	wantError(t, r.call(&dynamodb.DescribeTableInput{TableName: table}), code, "Requested resource not found: Table: t not found")
	wantError(t, r.call(&dynamodb.DeleteTableInput{TableName: table}), code, "Requested resource not found: Table: t not found")
	wantError(t, r.call(&dynamodb.DescribeContinuousBackupsInput{TableName: table}), "TableNotFoundException", "Table not found: t")
	r.createTable("id")
	var exists *types.ResourceInUseException
	_, err := r.CreateTable(r.ctx, &dynamodb.CreateTableInput{
		TableName: table, BillingMode: types.BillingModePayPerRequest, KeySchema: schema("id"), AttributeDefinitions: definitions("id:S"),
	})
	wantError(t, err, "ResourceInUseException", "Table already exists: t")
	if !errors.As(err, &exists) {
		t.Errorf("no error of the SDK's: %v", err)
	}
}

// TestOwners keeps the tables of accounts apart, whether by name or by ARN.
func TestOwners(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	other := r.as("444455556666")
	if _, err := r.GetItem(other, &getIn{TableName: table, Key: idA}); err == nil {
		t.Error("another account sees the table by its name")
	}
	arn := aws.String("arn:aws:dynamodb:eu-west-1:111122223333:table/t")
	if _, err := r.GetItem(r.ctx, &getIn{TableName: arn, Key: idA}); err != nil {
		t.Errorf("by its ARN: %v", err)
	}
	for _, call := range []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := r.GetItem(ctx, &getIn{TableName: arn, Key: idA})
			return err
		},
		func(ctx context.Context) error {
			_, err := r.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
			return err
		},
	} {
		if err := call(other); err == nil || !strings.HasPrefix(err.Error(), "AccessDeniedException: ") {
			t.Errorf("another account by its ARN: %v", err)
		}
	}
	if out, err := r.ListTables(other, &dynamodb.ListTablesInput{}); err != nil || len(out.TableNames) > 0 {
		t.Errorf("another account lists %v, %v", out, err)
	}
}
