package wire_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/wire"
	"github.com/leat-io/leat/wire/cbor"
	"github.com/leat-io/leat/wire/cbor/cbortest"
)

// TestSDK lets the unmodified client of the AWS SDK talk to the door, and the
// same client through a translator in the other protocols.
func TestSDK(t *testing.T) {
	t.Run("JSON", func(t *testing.T) {
		testSDK(t, func(base http.RoundTripper) http.RoundTripper { return base })
	})
	for name, dialect := range map[string]cbor.Dialect{"CBOR": cbor.AWS, "RPC": cbor.RPC} {
		t.Run(name, func(t *testing.T) {
			testSDK(t, func(base http.RoundTripper) http.RoundTripper {
				return cbortest.Transport{Base: base, Dialect: dialect}
			})
		})
	}
}

func testSDK(t *testing.T, speak func(http.RoundTripper) http.RoundTripper) {
	f := &fake{}
	addr := serve(t, wire.New(wire.Options{Services: []wire.Service{f.service()}}))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := kinesis.New(client(t, addr, "123456789012", "any").Options(), func(o *kinesis.Options) {
		o.HTTPClient = sdkhttp.Wrap(&http.Client{Transport: speak(transport)})
	})
	ctx := t.Context()

	if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	_, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("taken")})
	var inUse *types.ResourceInUseException
	if !errors.As(err, &inUse) || *inUse.Message != "Stream taken under account 000000000000 already exists." {
		t.Errorf("taken: %v", err)
	}
	list, err := c.ListStreams(ctx, &kinesis.ListStreamsInput{})
	if err != nil || list.StreamNames == nil || *list.HasMoreStreams {
		t.Errorf("list: %+v, %v", list, err)
	}
	if got := f.mu.caller; got.Account != "123456789012" || got.Region != "eu-west-3" || got.AccessKey != "123456789012" {
		t.Errorf("caller: %+v", got)
	}

	one, err := c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: []byte("hi")})
	if err != nil || *one.ShardId != "shardId-000000000000" || len(*one.SequenceNumber) != 56 || one.EncryptionType != "" {
		t.Errorf("put: %+v, %v", one, err)
	}
	key := "\"quotes\" \\ é \U0001F600 \u2028 <>&\n" // the SDK escapes some of these, so the generic codec has its turn
	many, err := c.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: aws.String("s"), Records: []types.PutRecordsRequestEntry{
		{Data: []byte{0, 1, 2, 255}, PartitionKey: aws.String(key)},
		{Data: []byte{}, PartitionKey: aws.String("throttled")},
		{Data: []byte(strings.Repeat("x", 100_000)), PartitionKey: aws.String("b"), ExplicitHashKey: aws.String("0")},
	}})
	if err != nil || *many.FailedRecordCount != 1 || *many.Records[1].ErrorCode != "ProvisionedThroughputExceededException" || many.Records[0].ErrorCode != nil {
		t.Fatalf("put many: %+v, %v", many, err)
	}
	page, err := c.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("i")})
	if err != nil || len(page.Records) != 2 || *page.NextShardIterator != "next" || *page.MillisBehindLatest != 7 {
		t.Fatalf("get: %+v, %v", page, err)
	}
	r := page.Records[0]
	if string(r.Data) != "\x00\x01\x02\xff" || *r.PartitionKey != key || !r.ApproximateArrivalTimestamp.Equal(time.UnixMilli(1700000001123)) {
		t.Errorf("record: %+v", r)
	}
	page, err = c.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("end")})
	if err != nil || len(page.ChildShards) != 1 || page.NextShardIterator != nil || page.ChildShards[0].ParentShards[0] != "shardId-000000000000" {
		t.Errorf("get at the end: %+v, %v", page, err)
	}
	_, err = c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("missing"), PartitionKey: aws.String("k"), Data: []byte("hi")})
	var notFound *types.ResourceNotFoundException
	if !errors.As(err, &notFound) || *notFound.Message != "Stream missing under account 123456789012 not found." {
		t.Errorf("missing: %v", err)
	}
	_, err = c.DescribeLimits(ctx, &kinesis.DescribeLimitsInput{})
	if err == nil {
		t.Error("an operation nobody serves succeeded")
	} else {
		wantContains(t, err.Error(), "This server does not serve DescribeLimits yet.")
	}
}
