package leattest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/leattest"
)

// In a test, New takes the place of Start and Close:
//
//	srv := leattest.New(t, leattest.Stream("orders", 4))
func Example() {
	srv, err := leattest.Start(leattest.Stream("orders", 4))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	client := kinesis.NewFromConfig(srv.AWSConfig())
	out, err := client.PutRecord(context.Background(), &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("customer-7"), Data: []byte("two apples"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("stored in", *out.ShardId)
	// Output: stored in shardId-000000000000
}

// The second half of a day's records is still there when the first has expired.
func ExampleServer_Advance() {
	srv, err := leattest.Start(leattest.Stream("orders", 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx, client := context.Background(), kinesis.NewFromConfig(srv.AWSConfig())
	for _, data := range []string{"morning", "evening"} {
		client.PutRecord(ctx, &kinesis.PutRecordInput{
			StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte(data),
		})
		srv.Advance(13 * time.Hour)
	}
	at, err := client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: aws.String("orders"), ShardId: aws.String("shardId-000000000000"),
		ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range page.Records {
		fmt.Println(string(r.Data))
	}
	// Output: evening
}

// A call that is throttled once succeeds: the SDK tries again.
func ExampleServer_Intercept() {
	srv, err := leattest.Start(leattest.Stream("orders", 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Intercept("PutRecord", leattest.Throttle(1))

	client := kinesis.NewFromConfig(srv.AWSConfig())
	_, err = client.PutRecord(context.Background(), &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte("v"),
	})
	fmt.Println(err)
	// Output: <nil>
}

// A consumer's table of leases is there too.
func ExampleServer_AWSConfig() {
	srv, err := leattest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx, client := context.Background(), dynamodb.NewFromConfig(srv.AWSConfig())
	key := aws.String("leaseKey")
	_, err = client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("app"), BillingMode: ddb.BillingModePayPerRequest,
		AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: key, AttributeType: ddb.ScalarAttributeTypeS}},
		KeySchema:            []ddb.KeySchemaElement{{AttributeName: key, KeyType: ddb.KeyTypeHash}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	put := &dynamodb.PutItemInput{
		TableName: aws.String("app"), ConditionExpression: aws.String("attribute_not_exists(leaseKey)"),
		Item: map[string]ddb.AttributeValue{"leaseKey": &ddb.AttributeValueMemberS{Value: "shardId-000000000000"}},
	}
	for range 2 {
		_, err = client.PutItem(ctx, put)
		var taken *ddb.ConditionalCheckFailedException
		fmt.Println("taken:", errors.As(err, &taken))
	}
	// Output:
	// taken: false
	// taken: true
}
