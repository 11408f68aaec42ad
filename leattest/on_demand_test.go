package leattest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/leattest"
)

// createOnDemand creates the stream orders, on-demand.
func createOnDemand(t *testing.T, client *kinesis.Client, strategy types.RecordDistributionStrategy) {
	t.Helper()
	_, err := client.CreateStream(t.Context(), &kinesis.CreateStreamInput{
		StreamName: aws.String("orders"), RecordDistributionStrategy: strategy,
		StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// awaitOpenShards waits until the stream orders has so many open shards.
func awaitOpenShards(t *testing.T, client *kinesis.Client, want int32) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		out, err := client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
		if err != nil {
			t.Fatal(err)
		}
		switch n := *out.StreamDescriptionSummary.OpenShardCount; {
		case n == want:
			return
		case time.Now().After(deadline):
			t.Fatalf("%d open shards, want %d", n, want)
		}
	}
}

// A hot shard is split after seconds of the server's clock, and merged after a
// calm day.
func TestOnDemandByTheClock(t *testing.T) {
	srv := leattest.New(t)
	client := kinesis.NewFromConfig(srv.AWSConfig())
	createOnDemand(t, client, "")
	for call := range 11 { // 550 records a second
		in := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
		for i := range 500 {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{
				Data: []byte("x"), PartitionKey: aws.String("k"), ExplicitHashKey: aws.String(fmt.Sprint(call*500 + i)),
			})
		}
		if _, err := client.PutRecords(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	srv.Advance(10 * time.Second)
	awaitOpenShards(t, client, 5)
	srv.Advance(25 * time.Hour)
	awaitOpenShards(t, client, 4)
}

// Records of a stream that spreads them need no key.
func TestPutWithoutKey(t *testing.T) {
	srv := leattest.New(t)
	client := kinesis.NewFromConfig(srv.AWSConfig())
	createOnDemand(t, client, types.RecordDistributionStrategyAuto)
	shards := make(map[string]bool)
	for range 4 {
		out, err := client.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), Data: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		shards[*out.ShardId] = true
	}
	if len(shards) != 4 {
		t.Errorf("records in %d shards, want 4", len(shards))
	}
	at, err := client.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
		StreamName: aws.String("orders"), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Records) != 1 || page.Records[0].PartitionKey != nil {
		t.Errorf("records %+v", page.Records)
	}
}
