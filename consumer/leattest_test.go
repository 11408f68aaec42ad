package consumer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/leattest"
)

// patience is how long a test with sockets waits for what comes soon.
const patience = time.Minute

// TestOverTheWire has two workers share a stream over HTTP with their leases in
// the server's DynamoDB, while it is resharded and connections break. It runs in
// real time, with times short enough for that.
func TestOverTheWire(t *testing.T) {
	for name, options := range map[string][]Option{"polling": nil, "fan-out": {EnhancedFanOut("application")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := leattest.New(t, leattest.Stream("orders", 2))
			seen := newTrail()
			options := append([]Option{
				Stream("orders"), IdleTime(20 * time.Millisecond), ParentPollInterval(50 * time.Millisecond),
				Policy(lease.Policy{Failover: 2 * time.Second, Strategy: lease.ByCount, ReportInterval: 500 * time.Millisecond, BalanceEvery: 1}),
			}, options...)
			var workers []*Worker
			done := make(chan error, 2)
			for range 2 {
				leases := dynamolease.New(dynamodb.NewFromConfig(srv.AWSConfig()), "application")
				w, err := New(kinesis.NewFromConfig(srv.AWSConfig()), leases, Func(seen.process), options...)
				if err != nil {
					t.Fatal(err)
				}
				workers = append(workers, w)
				go func() { done <- w.Run(context.Background()) }()
			}
			srv.Intercept("GetRecords", leattest.Drop())
			srv.Intercept("GetRecords", leattest.Throttle(2))
			srv.Intercept("GetRecords", leattest.DropAfter())
			client := kinesis.NewFromConfig(srv.AWSConfig())
			puts := map[string]int{}
			for i := range 30 {
				putEach(t, client, puts)
				switch i {
				case 10:
					scaleTo(t, client, 4)
				case 20:
					scaleTo(t, client, 1)
				}
			}
			deadline := time.Now().Add(patience)
			for !seen.covers(puts) {
				if time.Now().After(deadline) {
					t.Fatalf("not everything seen; counted %+v and %+v", workers[0].Counts(), workers[1].Counts())
				}
				<-time.After(10 * time.Millisecond)
			}
			for _, w := range workers {
				if err := w.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			// On a machine that stands still for seconds a lease may be lost, and
			// what was under way then comes again: but nothing may be missing.
			seen.check(t, len(puts)*30)
		})
	}
}

// putEach puts the next record of each of twenty keys.
func putEach(t *testing.T, client *kinesis.Client, puts map[string]int) {
	t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
	for k := range 20 {
		key := fmt.Sprintf("key %d", k)
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &key, Data: []byte(strconv.Itoa(puts[key]))})
		puts[key]++
	}
	if _, err := client.PutRecords(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// scaleTo has the stream have n shards.
func scaleTo(t *testing.T, client *kinesis.Client, n int32) {
	t.Helper()
	var inUse *types.ResourceInUseException
	for {
		_, err := client.UpdateShardCount(t.Context(), &kinesis.UpdateShardCountInput{
			StreamName: aws.String("orders"), TargetShardCount: &n, ScalingType: types.ScalingTypeUniformScaling,
		})
		if err == nil {
			return
		}
		if !errors.As(err, &inUse) {
			t.Fatal(err)
		}
	}
}
