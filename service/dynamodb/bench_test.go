package dynamodb

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
)

// BenchmarkRenew renews leases as KCL does (spec clients §3.11), 20 at a time,
// of a table of 10,000, each renewal durable.
func BenchmarkRenew(b *testing.B) {
	const leases, renewers = 10_000, 20
	state := tables.New()
	log, err := disklog.Open(b.TempDir(), map[string]storage.Machine{tables.MachineName: state}, disklog.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	s := New(Options{Log: log, Tables: state})
	ctx := api.WithCaller(context.Background(), api.Caller{Account: "000000000000", Region: "us-east-1"})
	_, err = s.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("app"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: definitions("leaseKey:S", "leaseOwner:S"), KeySchema: schema("leaseKey"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("by"), KeySchema: schema("leaseOwner", "leaseKey"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}},
	})
	if err != nil {
		b.Fatal(err)
	}
	key := func(n int) attr.Item { return attr.Item{"leaseKey": str(fmt.Sprintf("shardId-%012d", n))} }
	for n := 0; n < leases; n += maxBatchWrites {
		var puts []types.WriteRequest
		for i := range maxBatchWrites {
			item := key(n + i)
			item["leaseOwner"], item["leaseCounter"], item["checkpoint"] = str("worker-1"), num("0"), str("49590338271490256608559692538361571095921575989136588898")
			item["ownerSwitchesSinceCheckpoint"], item["parentShardId"] = num("0"), &types.AttributeValueMemberSS{Value: []string{"shardId-000000000000"}}
			puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		}
		if _, err := s.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"app": puts}}); err != nil {
			b.Fatal(err)
		}
	}
	var next atomic.Int64
	b.SetParallelism(renewers)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(next.Add(1) - 1)
			counter := i / leases
			_, err := s.UpdateItem(ctx, &dynamodb.UpdateItemInput{
				TableName: aws.String("app"), Key: key(i % leases),
				Expected: map[string]types.ExpectedAttributeValue{
					"leaseCounter": {Value: num(strconv.Itoa(counter))}, "checkpointOwner": {Exists: aws.Bool(false)},
				},
				AttributeUpdates: map[string]types.AttributeValueUpdate{
					"leaseCounter": {Action: types.AttributeActionPut, Value: num(strconv.Itoa(counter + 1))},
				},
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
	b.ReportMetric(float64(b.N)/float64(max(1, log.Stats().CommitTimes.Count())), "writes/commit")
}
