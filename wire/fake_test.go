package wire_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/stream"
	"github.com/leat-io/leat/wire"
)

// patience is how long a test waits for what has to come, however slow the
// machine. No wait is without a bound: what never comes would hide behind the
// timeout of all tests.
const patience = time.Minute

// receive returns what comes from a channel.
func receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("not reached")
	}
}

// fake is a service with one shard per stream that stores nothing but what it
// was put last.
type fake struct {
	mu struct {
		sync.Mutex
		caller  api.Caller
		records []kinesisapi.PageRecord
		batches int
	}
}

func (f *fake) PutBatch(ctx context.Context, b *kinesisapi.PutBatch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.caller = api.CallerOf(ctx)
	if b.DryRun && b.StreamName != "missing" {
		return api.Errorf(kinesisapi.DryRunOperation, "It would have.")
	}
	f.mu.batches++
	switch b.StreamName {
	case "missing":
		return api.Errorf(kinesisapi.ResourceNotFound, "Stream %s under account %s not found.", b.StreamName, f.mu.caller.Account)
	case "broken":
		return fmt.Errorf("append to shard 3: %w", context.DeadlineExceeded)
	case "panic":
		panic("BUG: a test")
	}
	f.mu.records = nil
	for i := range b.Records {
		r := &b.Records[i]
		if string(r.PartitionKey) == "throttled" {
			r.ErrorCode, r.ErrorMessage = kinesisapi.ProvisionedThroughputExceeded, "Rate exceeded."
			b.Failed++
			continue
		}
		r.SequenceNumber = stream.SequenceParts{CreateSeconds: 1700000000, Seconds: 1700000001, Index: uint64(i + 1)}.Number()
		f.mu.records = append(f.mu.records, kinesisapi.PageRecord{
			Data: append([]byte{}, r.Data...), PartitionKey: append([]byte{}, r.PartitionKey...),
			SequenceNumber: r.SequenceNumber, ArrivalMillis: 1700000001123,
		})
	}
	return nil
}

func (f *fake) GetPage(_ context.Context, in *kinesis.GetRecordsInput, p *kinesisapi.Page) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *in.ShardIterator == "end" {
		p.ChildShards = []types.ChildShard{{
			ShardId: aws.String("shardId-000000000001"), ParentShards: []string{"shardId-000000000000"},
			HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("9")},
		}}
		return nil
	}
	p.Records = append(p.Records, f.mu.records...)
	p.NextShardIterator = "next"
	p.MillisBehindLatest = 7
	return nil
}

func (f *fake) createStream(_ context.Context, in *kinesis.CreateStreamInput) (*kinesis.CreateStreamOutput, error) {
	if *in.StreamName == "taken" {
		return nil, api.Errorf(kinesisapi.ResourceInUse, "Stream taken under account 000000000000 already exists.")
	}
	return &kinesis.CreateStreamOutput{}, nil
}

func (f *fake) listStreams(ctx context.Context, _ *kinesis.ListStreamsInput) (*kinesis.ListStreamsOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.caller = api.CallerOf(ctx)
	return &kinesis.ListStreamsOutput{HasMoreStreams: aws.Bool(false)}, nil
}

func (f *fake) service() wire.Service {
	return wire.Service{
		API:     kinesisapi.Service,
		Records: f,
		Handlers: map[string]api.Handler{
			"CreateStream": api.Handle(f.createStream),
			"ListStreams":  api.Handle(f.listStreams),
		},
	}
}

// serve starts a server on a free port, and ends it with the test.
func serve(t testing.TB, h http.Handler) (addr string) {
	t.Helper()
	s, err := wire.Listen("127.0.0.1:0", h, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.Shutdown(ctx) // a test may leave requests hanging on purpose
		if err := receive(t, "the server's end", done); err != nil {
			t.Error(err)
		}
	})
	return s.Addr().String()
}

// client returns an SDK client of the server.
func client(t testing.TB, addr, accessKey, secret string) *kinesis.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return kinesis.New(kinesis.Options{
		Region:       "eu-west-3",
		BaseEndpoint: aws.String("http://" + addr),
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secret, ""),
		HTTPClient:   sdkhttp.Wrap(&http.Client{Transport: transport, Timeout: patience}),
		Retryer:      aws.NopRetryer{},
	})
}

func wantContains(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("got %q, want it to contain %q", got, want)
	}
}
