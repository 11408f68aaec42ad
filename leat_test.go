package leat_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage/disklog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a server that is closed at the end of the test.
func open(t *testing.T, c leat.Config) *leat.Server {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	srv, err := leat.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// client returns a client of srv with a transport of its own.
func client(t *testing.T, srv *leat.Server, keyID, secret string) *kinesis.Client {
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	return kinesis.New(kinesis.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(srv.URL()), Retryer: aws.NopRetryer{},
		HTTPClient:  sdkhttp.Wrap(&http.Client{Transport: transport}),
		Credentials: credentials.NewStaticCredentialsProvider(keyID, secret, ""),
	})
}

// TestReopen puts a record, closes the server, opens another on the same
// folder, and reads on with the iterator of the first.
func TestReopen(t *testing.T) {
	ctx, config := t.Context(), leat.Config{Data: filepath.Join(t.TempDir(), "data")}
	srv := open(t, config)
	c := client(t, srv, "key", "secret")
	if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	put, err := c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: []byte("kept")})
	if err != nil {
		t.Fatal(err)
	}
	at, err := c.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("s"), ShardId: put.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-srv.Done():
	default:
		t.Error("not done after Close")
	}

	c = client(t, open(t, config), "key", "secret")
	page, err := c.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Records) != 1 || string(page.Records[0].Data) != "kept" || *page.Records[0].SequenceNumber != *put.SequenceNumber {
		t.Errorf("read %+v", page.Records)
	}
}

// TestFailedSync lets a sync of the journal fail and expects the server to say
// that it is over, and the next one to find what was acknowledged.
func TestFailedSync(t *testing.T) {
	ctx, fs := t.Context(), errfs.Wrap(vfs.OS{})
	config := leat.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	srv, err := leat.Open(ctx, config.On(fs))
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, srv, "key", "secret")
	create := func(name string) error {
		_, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
		return err
	}
	if err := create("before"); err != nil || srv.Err() != nil {
		t.Fatal(err, srv.Err())
	}
	fs.Inject(errfs.FailOp(errfs.OpSync, ".j", errfs.ErrInjected))
	if err := create("after"); err == nil {
		t.Error("acknowledged without a sync")
	}
	<-srv.Done()
	if !errors.Is(srv.Err(), errfs.ErrInjected) {
		t.Errorf("Err: %v", srv.Err())
	}
	if err := srv.Close(); !errors.Is(err, errfs.ErrInjected) {
		t.Errorf("Close: %v", err)
	}

	c = client(t, open(t, config), "key", "secret")
	out, err := c.ListStreams(ctx, nil)
	if err != nil || !slices.Contains(out.StreamNames, "before") {
		t.Errorf("after a restart: %v %v", out, err)
	}
}

func TestFolderInUse(t *testing.T) {
	config := leat.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	open(t, config)
	if _, err := leat.Open(t.Context(), config); !errors.Is(err, disklog.ErrLocked) {
		t.Error(err)
	}
}

// TestAddressInUse checks that a server that cannot listen lets go of its data.
func TestAddressInUse(t *testing.T) {
	taken := open(t, leat.Config{Durability: leat.DurabilityMemory}).Addr().String()
	dir := t.TempDir()
	if _, err := leat.Open(t.Context(), leat.Config{Data: dir, Listen: taken}); err == nil || !strings.Contains(err.Error(), taken) {
		t.Error(err)
	}
	open(t, leat.Config{Data: dir})
}

// TestOpenCancelled expects an Open that is cancelled to let go of its data.
func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	config := leat.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	if _, err := leat.Open(ctx, config); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	open(t, config)
}

func TestMemoryTouchesNoFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open(t, leat.Config{Durability: leat.DurabilityMemory, Data: dir})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v", dir, err)
	}
}

func TestCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.json")
	keys := `{"credentials": [{"accessKeyId": "AKIDKNOWN", "secretAccessKey": "secret", "account": "111122223333"}]}`
	if err := os.WriteFile(file, []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := open(t, leat.Config{Durability: leat.DurabilityMemory, Credentials: file})
	if _, err := client(t, srv, "AKIDKNOWN", "secret").ListStreams(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if _, err := client(t, srv, "AKIDKNOWN", "wrong").ListStreams(t.Context(), nil); err == nil {
		t.Error("a wrong secret was accepted")
	}
	if _, err := leat.Open(t.Context(), leat.Config{Durability: leat.DurabilityMemory, Credentials: file + ".missing"}); err == nil {
		t.Error("a missing credentials file was ignored")
	}
}

// TestIdentity asks who a key of a credentials file belongs to, which its policies
// do not forbid, and for the keys of a role, which nobody has written there.
func TestIdentity(t *testing.T) {
	const job = "arn:aws:sts::111122223333:assumed-role/writer/job-7"
	file := filepath.Join(t.TempDir(), "keys.json")
	keys := `{"credentials": [{"accessKeyId": "AKIDKNOWN", "secretAccessKey": "secret", "account": "111122223333", "arn": "` + job + `",
		"policies": [{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}]}]}`
	if err := os.WriteFile(file, []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := open(t, leat.Config{Durability: leat.DurabilityMemory, Credentials: file})
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	client := sts.New(sts.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(srv.URL()), HTTPClient: sdkhttp.Wrap(&http.Client{Transport: transport}),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDKNOWN", "secret", ""),
	})
	out, err := client.GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *out.Arn != job || *out.Account != "111122223333" {
		t.Errorf("the caller is %s, of %s", *out.Arn, *out.Account)
	}
	_, err = client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/any"), RoleSessionName: aws.String("one")})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "AccessDenied" {
		t.Errorf("a role was assumed where keys have to be known: %v", err)
	}
}

// TestBeyondLoopback checks the warning about an address that others can reach.
// The address is this machine's own "any", which other tests' traffic never
// leaves.
func TestBeyondLoopback(t *testing.T) {
	warned := func(listen string) bool {
		var words bytes.Buffer
		c := leat.Config{Durability: leat.DurabilityMemory, Listen: listen, Logger: slog.New(slog.NewTextHandler(&words, nil))}
		if err := open(t, c).Close(); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(words.String(), "--credentials")
	}
	if warned("127.0.0.1:0") || !warned(":0") {
		t.Error("the warning is wrong")
	}
}

func TestHealth(t *testing.T) {
	srv := open(t, leat.Config{Durability: leat.DurabilityMemory})
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(srv.URL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
}

func TestValidate(t *testing.T) {
	if err := (leat.Config{}).Validate(); err != nil {
		t.Errorf("the zero value: %v", err)
	}
	wrong := leat.Config{
		Listen: "nowhere", Durability: 7, SyncInterval: time.Second, MemoryBytes: -1, Limits: 9,
		StateDelay: 2 * time.Hour, Account: "12345678901x",
	}
	err := wrong.Validate()
	for _, word := range []string{"listen address", "durability 7", "sync interval", "memory", "limits 9", "state delay", "account"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("nothing about %q in %v", word, err)
		}
	}
	if err := (leat.Config{Durability: leat.DurabilityInterval}).Validate(); err == nil {
		t.Error("an interval of 0 was taken")
	}
	if _, err := leat.Open(t.Context(), wrong); err == nil {
		t.Error("Open took what Validate does not")
	}
}

func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		config leat.Config
		want   time.Duration
	}{
		{leat.Config{}, 0},
		{leat.Config{Limits: leat.LimitsAWS}, 500 * time.Millisecond},
		{leat.Config{Limits: leat.LimitsAWS, StateDelay: -1}, 0},
		{leat.Config{StateDelay: time.Second}, time.Second},
	} {
		if got := c.config.WithDefaults().StateDelay; got != c.want {
			t.Errorf("%+v: state delay %v, want %v", c.config, got, c.want)
		}
	}
}
