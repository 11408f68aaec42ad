package leattest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/leat-io/leat/leattest"
)

// TestMain checks that nothing outlives Close.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// once returns a client that does not try again.
func once(srv *leattest.Server) *kinesis.Client {
	return kinesis.NewFromConfig(srv.AWSConfig(), func(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} })
}

func put(ctx context.Context, client *kinesis.Client, data string) error {
	_, err := client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte(data),
	})
	return err
}

// read returns the data of all records of the stream's first shard.
func read(t *testing.T, client *kinesis.Client) []string {
	t.Helper()
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
	var data []string
	for _, r := range page.Records {
		data = append(data, string(r.Data))
	}
	return data
}

func code(err error) string {
	var apiErr smithy.APIError
	if errors.As(err, &apiErr) {
		return apiErr.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestPutAndRead(t *testing.T) {
	for name, options := range map[string][]leattest.Option{
		"memory": nil, "disk": {leattest.OnDisk()}, "aws": {leattest.LimitsAWS()},
	} {
		t.Run(name, func(t *testing.T) {
			srv := leattest.New(t, append(options, leattest.Stream("orders", 1))...)
			client := once(srv)
			if err := put(t.Context(), client, "one"); err != nil {
				t.Fatal(err)
			}
			if got := read(t, client); fmt.Sprint(got) != "[one]" {
				t.Errorf("read %q", got)
			}
		})
	}
}

func TestAdvance(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("orders", 1))
	client := once(srv)
	for _, data := range []string{"first", "second"} {
		if err := put(t.Context(), client, data); err != nil {
			t.Fatal(err)
		}
		srv.Advance(13 * time.Hour)
	}
	if got := read(t, client); fmt.Sprint(got) != "[second]" {
		t.Errorf("after a day and two hours: %q", got)
	}
}

func TestStateDelay(t *testing.T) {
	srv := leattest.New(t, leattest.StateDelay(time.Minute))
	client := once(srv)
	if _, err := client.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	status := func() types.StreamStatus {
		out, err := client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
		if err != nil {
			t.Fatal(err)
		}
		return out.StreamDescriptionSummary.StreamStatus
	}
	if got := status(); got != types.StreamStatusCreating {
		t.Errorf("at first: %s", got)
	}
	srv.Advance(time.Minute)
	for status() != types.StreamStatusActive {
		if t.Context().Err() != nil {
			t.Fatal("never active")
		}
	}
}

func TestThrottle(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("orders", 1))
	srv.Intercept("PutRecord", leattest.Throttle(2))
	srv.Intercept("PutRecord", leattest.Fail("KMSAccessDeniedException", "no"))
	client := once(srv)
	for i, want := range []string{"ProvisionedThroughputExceededException", "ProvisionedThroughputExceededException", "KMSAccessDeniedException", "<nil>"} {
		if got := code(put(t.Context(), client, "x")); got != want {
			t.Errorf("call %d: %s, want %s", i, got, want)
		}
	}
	// The SDK's own retries get over it.
	srv.Intercept("PutRecord", leattest.Throttle(2))
	patient := kinesis.NewFromConfig(srv.AWSConfig(), func(o *kinesis.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	})
	if err := put(t.Context(), patient, "y"); err != nil {
		t.Error(err)
	}
}

func TestDelay(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("orders", 1))
	srv.Intercept("PutRecord", leattest.Delay(time.Hour))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	client := once(srv)
	if err := put(ctx, client, "late"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("delayed call: %v", err)
	}
	srv.Intercept("PutRecord", leattest.Fail("InternalFailure", "no").Times(3))
	srv.Reset()
	if err := put(t.Context(), client, "x"); err != nil {
		t.Error(err)
	}
}

func TestDrop(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("orders", 1))
	srv.Intercept("PutRecord", leattest.Drop())
	srv.Intercept("PutRecord", leattest.DropAfter())
	client := once(srv)
	for i, want := range []bool{false, false, true} {
		if err := put(t.Context(), client, fmt.Sprint(i)); (err == nil) != want {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if got := read(t, client); fmt.Sprint(got) != "[1 2]" {
		t.Errorf("read %q", got)
	}
}

func TestThrottleRecords(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("orders", 1))
	srv.Intercept("PutRecords", leattest.ThrottleRecords(0.5, 1))
	client := once(srv)
	in := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
	for i := range 20 {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte(fmt.Sprint(i))})
	}
	out, err := client.PutRecords(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var stored []string
	for i, r := range out.Records {
		if r.ErrorCode == nil {
			stored = append(stored, fmt.Sprint(i))
		} else if *r.ErrorCode != "ProvisionedThroughputExceededException" {
			t.Errorf("record %d: %s", i, *r.ErrorCode)
		}
	}
	if n := 20 - len(stored); n < 4 || n > 16 || *out.FailedRecordCount != int32(n) {
		t.Errorf("%d of 20 refused, FailedRecordCount %d", n, *out.FailedRecordCount)
	}
	if got := read(t, client); fmt.Sprint(got) != fmt.Sprint(stored) {
		t.Errorf("read %v, stored %v", got, stored)
	}
	defer func() {
		if recover() == nil {
			t.Error("a fault of records was taken for a call that has none")
		}
	}()
	srv.Intercept("GetRecords", leattest.ThrottleRecords(0.5, 1))
}

func TestInterceptUnknown(t *testing.T) {
	srv := leattest.New(t)
	defer func() {
		if recover() == nil {
			t.Error("an operation that does not exist was taken")
		}
	}()
	srv.Intercept("PutRecrods", leattest.Throttle(1))
}

func TestParallel(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			srv := leattest.New(t, leattest.Stream("orders", 1))
			if err := put(t.Context(), once(srv), "x"); err != nil {
				t.Error(err)
			}
		})
	}
}
