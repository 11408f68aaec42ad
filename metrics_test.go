package leat_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
)

// wantLines expects each of the lines in text.
func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line) {
			t.Errorf("no line %s", line)
		}
	}
	if t.Failed() {
		t.Logf("in:\n%s", text)
	}
}

func TestMetrics(t *testing.T) {
	srv := open(t, leat.Config{Data: t.TempDir()})
	ctx, c := t.Context(), client(t, srv, "key", "secret")
	name := aws.String("orders")
	if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(2)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.EnableEnhancedMonitoring(ctx, &kinesis.EnableEnhancedMonitoringInput{StreamName: name,
		ShardLevelMetrics: []types.MetricsName{types.MetricsNameIncomingRecords}}); err != nil {
		t.Fatal(err)
	}
	// Whoever looks while others work sees something, and disturbs nobody.
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		for range 3 {
			ask(t, srv, "GET", "/metrics", "")
		}
	}()
	for range 3 {
		_, err := c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: name, PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0"), Data: []byte("data")})
		if err != nil {
			t.Fatal(err)
		}
	}
	<-looked
	status, text := ask(t, srv, "GET", "/metrics", "")
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	const labels = `{account="000000000000",region="us-east-1",stream="orders"`
	wantLines(t, text,
		`leat_kinesis_put_record_bytes_total`+labels+`} 15`,
		`leat_kinesis_put_record_latency_seconds_count`+labels+`} 3`,
		`leat_kinesis_put_record_latency_seconds_bucket`+labels+`,le="+Inf"} 3`,
		`leat_kinesis_shard_incoming_records_total{account="000000000000",region="us-east-1",shard="shardId-000000000000",stream="orders"} 3`,
		`leat_kinesis_streams 1`, `leat_kinesis_subscriptions 0`, `leat_kinesis_open_shards 2`,
		`leat_wire_requests_total{code="OK",operation="PutRecord"} 3`,
		`leat_wire_protocol_requests_total{coding="JSON",http="HTTP/1.1",transport="TCP"} `,
		`leat_wire_request_duration_seconds_count{operation="CreateStream"} 1`,
		`leat_storage_full 0`, `leat_storage_segments `, `leat_storage_sync_duration_seconds_count `,
		`go_goroutines `, `process_start_time_seconds `, `go_build_info{`)
	if strings.Contains(text, "shard_incoming_bytes") {
		t.Error("a metric of shards is shown that is not enabled")
	}
	if _, err := c.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: name}); err != nil {
		t.Fatal(err)
	}
	if _, text := ask(t, srv, "GET", "/metrics", ""); strings.Contains(text, "orders") {
		t.Error("a stream that was deleted is shown")
	}
}

// TestRegistry lets a server use its owner's registry, and leave it when it is
// shut down.
func TestRegistry(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	config := leat.Config{Durability: leat.DurabilityMemory, Listen: "127.0.0.1:0", Registry: registry}
	srv := open(t, config)
	own := prometheus.NewCounter(prometheus.CounterOpts{Name: "owners_total"})
	registry.MustRegister(own)
	_, text := ask(t, srv, "GET", "/metrics", "")
	wantLines(t, text, "leat_kinesis_streams 0", "owners_total 0")
	if strings.Contains(text, "go_goroutines") || strings.Contains(text, "leat_storage") {
		t.Errorf("figures that are not asked for:\n%s", text)
	}
	if _, err := leat.Open(t.Context(), config); err == nil || !strings.Contains(err.Error(), "register the metrics") {
		t.Errorf("a second server in the registry: %v", err)
	}
	if families, err := registry.Gather(); err != nil || len(families) < 5 {
		t.Errorf("after the second: %d families, %v", len(families), err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if families, err := registry.Gather(); err != nil || len(families) != 1 {
		t.Errorf("after Close: %d families, %v", len(families), err)
	}
}

func TestReady(t *testing.T) {
	fs := vfs.NewCrash()
	const total = 4 << 30
	fs.SetTotal(total)
	faulty := errfs.Wrap(fs)
	srv, err := leat.Open(t.Context(), leat.Config{Data: "data", Listen: "127.0.0.1:0"}.On(faulty))
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close() // its error is the one that is made below
	want := func(status int, text string) {
		t.Helper()
		if got, body := ask(t, srv, "GET", "/readyz", ""); got != status || body != text {
			t.Errorf("%d %q, want %d %q", got, body, status, text)
		}
	}
	ctx, c := t.Context(), client(t, srv, "key", "secret")
	put := func() error {
		out, err := c.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: aws.String("s"),
			Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: make([]byte, 1<<20-1)}}})
		if err == nil && *out.FailedRecordCount > 0 {
			err = fmt.Errorf("%s", *out.Records[0].ErrorCode)
		}
		return err
	}
	if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	want(http.StatusOK, "ready\n")

	fs.SetTotal(16 << 20) // of which half is the reserve; the volume is looked at every megabyte
	for puts := 0; put() == nil; puts++ {
		if puts == 16 {
			t.Fatal("the volume is full, and puts are taken")
		}
	}
	want(http.StatusServiceUnavailable, "storage is full: records are refused\n")
	fs.SetTotal(total) // and nobody puts
	want(http.StatusOK, "ready\n")

	faulty.Inject(errfs.FailOp(errfs.OpSync, ".j", errfs.ErrInjected))
	if put() == nil {
		t.Error("acknowledged without a sync")
	}
	<-srv.Done()
	want(http.StatusServiceUnavailable, "the log stopped\n")
	if status, _ := ask(t, srv, "GET", "/healthz", ""); status != http.StatusOK {
		t.Errorf("healthz: %d", status)
	}
}
