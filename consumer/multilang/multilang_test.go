package multilang

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/memlease"
	"github.com/leat-io/leat/leattest"
)

// patience is how long a test waits for what comes at once.
const patience = time.Minute

// daemon is a worker whose processors are children of the test.
type daemon struct {
	t      *testing.T
	client *kinesis.Client
	leases *memlease.Store
	trail  string
	words  *words
	stop   context.CancelFunc
	done   chan error
}

// words collects what is logged.
type words struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// run starts a daemon over a stream of its own with the children of a mode.
func run(t *testing.T, mode string, command Command, options ...consumer.Option) *daemon {
	t.Helper()
	srv := leattest.New(t, leattest.Stream("orders", 1))
	d := &daemon{
		t: t, client: kinesis.NewFromConfig(srv.AWSConfig()), trail: filepath.Join(t.TempDir(), "trail"),
		leases: memlease.New(), words: new(words), done: make(chan error, 1),
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command.Path, command.Logger = self, slog.New(slog.NewTextHandler(d.words, nil))
	command.Env = append(os.Environ(), childMode+"="+mode, "LEAT_TEST_TRAIL="+d.trail)
	options = append(options, consumer.Stream("orders"), consumer.IdleTime(10*time.Millisecond), consumer.WithLogger(command.Logger))
	w, err := consumer.New(d.client, d.leases, command.Factory(), options...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	go func() { d.done <- w.Run(ctx) }()
	t.Cleanup(d.end)
	return d
}

// end stops the daemon, once.
func (d *daemon) end() {
	if d.stop == nil {
		return
	}
	d.stop()
	d.stop = nil
	if err := <-d.done; err != nil {
		d.t.Error(err)
	}
}

// put puts a record.
func (d *daemon) put(data string) {
	d.t.Helper()
	_, err := d.client.PutRecord(d.t.Context(), &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte(data),
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// saw waits until the children have noted all of the lines.
func (d *daemon) saw(lines ...string) {
	d.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		noted, err := os.ReadFile(d.trail)
		if err != nil && !os.IsNotExist(err) {
			d.t.Fatal(err)
		}
		all := strings.Split(string(noted), "\n")
		missing := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return slices.Contains(all, line) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("not noted: %q\nnoted:\n%s\nlogged:\n%s", missing, noted, d.words)
		}
		<-time.After(5 * time.Millisecond)
	}
}

const shard0 = "shardId-000000000000"

func TestChild(t *testing.T) {
	d := run(t, "well", Command{})
	d.put("one")
	d.saw(shard0+" initialize TRIM_HORIZON", shard0+" record k one", shard0+" checkpoint: done")
	d.put("two")
	d.saw(shard0 + " record k two")
	_, err := d.client.SplitShard(t.Context(), &kinesis.SplitShardInput{
		StreamName: aws.String("orders"), ShardToSplit: aws.String(shard0), NewStartingHashKey: aws.String("170141183460469231731687303715884105728"),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.saw(shard0+" shardEnded", "shardId-000000000001 initialize TRIM_HORIZON", "shardId-000000000002 initialize TRIM_HORIZON")
	d.end()
	d.saw("shardId-000000000001 shutdownRequested", "shardId-000000000001 leaseLost",
		"shardId-000000000002 shutdownRequested", "shardId-000000000002 leaseLost")
	if words := d.words.String(); !strings.Contains(words, "hello from the child") {
		t.Errorf("what the child wrote to standard error is not in the log:\n%s", words)
	}
}

// TestChildIsReplaced has the first child fail at the first record, in each way.
func TestChildIsReplaced(t *testing.T) {
	for _, mode := range []string{"crash", "hang", "wrong answer"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			command := Command{}
			if mode == "hang" {
				command.Timeout = 3 * time.Second
			}
			d := run(t, mode, command)
			d.put("one")
			d.saw(shard0+" record k one", shard0+" checkpoint: done")
			noted, err := os.ReadFile(d.trail)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(noted), "initialize TRIM_HORIZON"); n < 2 {
				t.Errorf("%d children:\n%s", n, noted)
			}
		})
	}
}

func TestCheckpointErrors(t *testing.T) {
	for mode, want := range map[string]string{
		"checkpoint early": "early: InvalidStateException",
		"checkpoint badly": "bad: IllegalArgumentException",
	} {
		t.Run(mode, func(t *testing.T) {
			d := run(t, mode, Command{})
			d.put("one")
			d.saw(shard0+" "+want, shard0+" checkpoint: done")
		})
	}
}

// TestCheckpointTooLate takes the lease away while a child is busy: what it is
// told when it wants a checkpoint then is what makes processors give up.
func TestCheckpointTooLate(t *testing.T) {
	d := run(t, "busy", Command{Grace: patience}, consumer.FailoverTime(3*time.Second))
	d.put("one")
	d.saw(shard0 + " busy")
	if err := d.leases.Delete(t.Context(), shard0); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); !strings.Contains(d.words.String(), "lease lost"); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the lease is not lost:\n%s", d.words)
		}
	}
	if err := os.WriteFile(d.trail+".done", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.saw(shard0+" checkpoint: ShutdownException", shard0+" leaseLost")
}

// TestNoProgram has a program that is not there.
func TestNoProgram(t *testing.T) {
	c := Command{Path: filepath.Join(t.TempDir(), "missing")}
	p := c.Factory()(consumer.ShardInfo{})
	if err := p.Initialize(t.Context(), consumer.ShardInfo{}); err == nil {
		t.Error("no error")
	}
	p.LeaseLost(t.Context())
}
