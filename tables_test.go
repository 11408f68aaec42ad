package leat_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/sdkhttp"
)

// tableClient returns a client of the server's tables, with a key of newGuard's.
func tableClient(url, accessKey string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), Retryer: aws.NopRetryer{}, HTTPClient: sdkhttp.Wrap(http.DefaultClient),
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "secret", ""),
	})
}

func createTable(t *testing.T, client *dynamodb.Client, name string) {
	t.Helper()
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("idx"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func idOf(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

// TestTablePolicies lets a key read one table and write nothing, and looks at
// which resource each call is about.
func TestTablePolicies(t *testing.T) {
	const arn = "arn:aws:dynamodb:us-east-1:111111111111:table/"
	g := newGuard(t,
		key("READER", owner,
			allow([]string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem"}, arn+"leases"),
			allow("dynamodb:Query", arn+"leases/index/idx"), allow("dynamodb:DescribeTable", "*")),
		key("STRANGER", stranger))
	admin, reader := tableClient(g.url, "ADMIN"), tableClient(g.url, "READER")
	createTable(t, admin, "leases")
	createTable(t, admin, "other")
	leases, other := aws.String("leases"), aws.String("other")
	ctx := t.Context()
	query := func(index *string) error {
		_, err := reader.Query(ctx, &dynamodb.QueryInput{
			TableName: leases, IndexName: index, KeyConditionExpression: aws.String("id = :id"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":id": idOf("a")["id"]},
		})
		return err
	}
	batch := func(names ...string) error {
		in := &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{}}
		for _, name := range names {
			in.RequestItems[name] = types.KeysAndAttributes{Keys: []map[string]types.AttributeValue{idOf("a")}}
		}
		_, err := reader.BatchGetItem(ctx, in)
		return err
	}
	check := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: leases, Key: idOf("a"), ConditionExpression: aws.String("attribute_not_exists(id)"),
	}}
	transact := func(items ...types.TransactWriteItem) error {
		_, err := reader.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
		return err
	}
	get := func(client *dynamodb.Client, table string) error {
		_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: idOf("a")})
		return err
	}
	_, put := reader.PutItem(ctx, &dynamodb.PutItemInput{TableName: leases, Item: idOf("a")})
	_, described := reader.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: other})
	for _, c := range []struct {
		what, denied string // the action and resource that are not allowed; empty when all are
		err          error
	}{
		{"get", "", get(reader, "leases")},
		{"get by ARN", "", get(reader, arn+"leases")},
		{"get of another table", "dynamodb:GetItem on resource: " + arn + "other", get(reader, "other")},
		{"query of an index", "", query(aws.String("idx"))},
		{"query of the table", "dynamodb:Query on resource: " + arn + "leases", query(nil)},
		{"batch", "", batch("leases")},
		{"batch of two tables", "dynamodb:BatchGetItem on resource: " + arn + "other", batch("leases", "other")},
		{"check in a transaction", "", transact(check)},
		{"put in a transaction", "dynamodb:PutItem on resource: " + arn + "other",
			transact(check, types.TransactWriteItem{Put: &types.Put{TableName: other, Item: idOf("a")}})},
		{"put", "dynamodb:PutItem on resource: " + arn + "leases", put},
		{"describe", "", described},
		{"get of another account's", "dynamodb:GetItem on resource: " + arn + "leases", get(tableClient(g.url, "STRANGER"), arn+"leases")},
	} {
		var e smithy.APIError
		switch denied := errors.As(c.err, &e) && e.ErrorCode() == "AccessDeniedException"; {
		case c.denied == "" && c.err != nil:
			t.Errorf("%s: %v", c.what, c.err)
		case c.denied != "" && (!denied || !strings.Contains(e.ErrorMessage(), "is not authorized to perform: "+c.denied+" ")):
			t.Errorf("%s: %v\nwant a denial of %s", c.what, c.err, c.denied)
		}
	}
	if _, err := tableClient(g.url, "NOBODY").ListTables(ctx, &dynamodb.ListTablesInput{}); err == nil {
		t.Error("a key that nobody has may list tables")
	}
}

// TestTablesAgain finds tables and items again after a restart.
func TestTablesAgain(t *testing.T) {
	config := leat.Config{Listen: "127.0.0.1:0", Data: t.TempDir()}
	for round := range 3 {
		s, err := leat.Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		client := tableClient(s.URL(), "KEY")
		if round == 0 {
			createTable(t, client, "leases")
		}
		out, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String("leases"), Key: idOf("a"), UpdateExpression: aws.String("ADD n :one"), ReturnValues: types.ReturnValueAllNew,
			ExpressionAttributeValues: map[string]types.AttributeValue{":one": &types.AttributeValueMemberN{Value: "1"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := out.Attributes["n"].(*types.AttributeValueMemberN).Value; n != string(rune('1'+round)) {
			t.Errorf("in round %d the count is %s", round, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
