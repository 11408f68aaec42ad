package leattest_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/leattest"
)

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

// leaseTable makes a table of leases as KCL does, with its index.
func leaseTable(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	ctx := t.Context()
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:            aws.String("app"),
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("leaseKey"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("leaseKey"), AttributeType: types.ScalarAttributeTypeS}},
		BillingMode:          types.BillingModePayPerRequest,
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName: aws.String("app"),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("leaseOwner"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("leaseKey"), AttributeType: types.ScalarAttributeTypeS},
		},
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: aws.String("LeaseOwnerToLeaseKeyIndex"),
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String("leaseOwner"), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String("leaseKey"), KeyType: types.KeyTypeRange},
			},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.TableDescription.GlobalSecondaryIndexes) != 1 {
		t.Errorf("the answer to UpdateTable has not the index: %+v", out.TableDescription)
	}
}

// TestLeases does with a table what KCL does with its leases (spec clients
// §3.11), in both styles of parameters.
func TestLeases(t *testing.T) {
	srv := leattest.New(t)
	client := dynamodb.NewFromConfig(srv.AWSConfig())
	ctx := t.Context()
	var missing *types.ResourceNotFoundException
	if _, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("app")}); !errors.As(err, &missing) ||
		missing.ErrorMessage() != "Requested resource not found: Table: app not found" {
		t.Fatalf("a table that is not there: %v", err)
	}
	leaseTable(t, client)

	key := func(n int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"leaseKey": text(fmt.Sprintf("shardId-%012d", n))}
	}
	for n := range 20 {
		item := key(n)
		item["leaseCounter"], item["checkpoint"] = number("0"), text("TRIM_HORIZON")
		item["parentShardId"] = &types.AttributeValueMemberSS{Value: []string{"a", "b"}}
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: aws.String("app"), Item: item,
			Expected: map[string]types.ExpectedAttributeValue{"leaseKey": {Exists: aws.Bool(false)}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	take := func(n int, owner string, counter string) (*dynamodb.UpdateItemOutput, error) {
		return client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String("app"), Key: key(n),
			Expected: map[string]types.ExpectedAttributeValue{"leaseCounter": {Value: number(counter)}},
			AttributeUpdates: map[string]types.AttributeValueUpdate{
				"leaseOwner":                   {Action: types.AttributeActionPut, Value: text(owner)},
				"leaseCounter":                 {Action: types.AttributeActionAdd, Value: number("1")},
				"checkpointOwner":              {Action: types.AttributeActionDelete},
				"ownerSwitchesSinceCheckpoint": {Action: types.AttributeActionAdd, Value: number("1")},
			},
			ReturnValues:                        types.ReturnValueAllNew,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
	}
	for n := range 20 {
		out, err := take(n, fmt.Sprintf("worker-%d", n%3), "0")
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Attributes["leaseCounter"]; !reflect.DeepEqual(got, number("1")) {
			t.Errorf("counter %v", got)
		}
	}
	_, err := take(7, "worker-9", "0")
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) || failed.ErrorMessage() != "The conditional request failed" ||
		!reflect.DeepEqual(failed.Item["leaseOwner"], text("worker-1")) {
		t.Errorf("taken with an old counter: %v", err)
	}
	query, err := client.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String("app"), IndexName: aws.String("LeaseOwnerToLeaseKeyIndex"),
		KeyConditionExpression:    aws.String("leaseOwner = :leaseOwner"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":leaseOwner": text("worker-1")},
	})
	if err != nil || query.Count != 7 || len(query.Items[0]) != 2 {
		t.Fatalf("leases of worker-1: %+v, %v", query, err)
	}
	found := map[string]bool{}
	for segment := range int32(4) {
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
			TableName: aws.String("app"), Segment: aws.Int32(segment), TotalSegments: aws.Int32(4), Limit: aws.Int32(3),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				found[item["leaseKey"].(*types.AttributeValueMemberS).Value] = true
			}
		}
	}
	if len(found) != 20 {
		t.Errorf("four segments have %d leases, want 20", len(found))
	}
	_, err = client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String("app"), Key: map[string]types.AttributeValue{"leaseKey": text("Leader")},
		UpdateExpression:          aws.String("SET #ld = :ld, #rvn = :newRvn"),
		ConditionExpression:       aws.String("attribute_exists(#pk) AND #rvn = :rvn"),
		ExpressionAttributeNames:  map[string]string{"#pk": "leaseKey", "#ld": "leaseDuration", "#rvn": "recordVersionNumber"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":ld": text("120000"), ":newRvn": text("b"), ":rvn": text("a")},
	})
	if !errors.As(err, &failed) || failed.Item != nil {
		t.Errorf("heartbeat of a lock that nobody has: %v", err)
	}
	if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String("app")}); err != nil {
		t.Error(err)
	}
	if _, err := take(0, "w", "1"); !errors.As(err, &missing) {
		t.Errorf("a write to a deleted table: %v", err)
	}
}

// TestTableFaults lets writes of items fail on purpose.
func TestTableFaults(t *testing.T) {
	srv := leattest.New(t)
	client := dynamodb.NewFromConfig(srv.AWSConfig(), func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
	leaseTable(t, client)
	put := func() error {
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: aws.String("app"), Item: map[string]types.AttributeValue{"leaseKey": text("a")},
			ConditionExpression: aws.String("attribute_not_exists(leaseKey)"),
		})
		return err
	}
	srv.Intercept("PutItem", leattest.Throttle(1))
	srv.Intercept("PutItem", leattest.Fail("TransactionConflictException", "busy"))
	srv.Intercept("PutItem", leattest.DropAfter())
	var throttled *types.ProvisionedThroughputExceededException
	if err := put(); !errors.As(err, &throttled) {
		t.Errorf("throttled: %v", err)
	}
	var conflict *types.TransactionConflictException
	if err := put(); !errors.As(err, &conflict) {
		t.Errorf("in conflict: %v", err)
	}
	if err := put(); err == nil {
		t.Error("an answer came over a connection that was dropped")
	}
	var failed *types.ConditionalCheckFailedException
	if err := put(); !errors.As(err, &failed) {
		t.Errorf("what was dropped after it was carried out has to be there: %v", err)
	}
}
