package group

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/lease"
)

// workerEnv holds a workerConfig in a process that is a worker.
const workerEnv = "LEAT_GROUP_WORKER"

// workerConfig is what a worker is told.
type workerConfig struct {
	ID       string
	Server   string // URL
	Ledger   string // URL to post reports to
	FanOut   bool
	Failover time.Duration
}

// TestMain makes a worker of this binary when it is started as one.
func TestMain(m *testing.M) {
	text, ok := os.LookupEnv(workerEnv)
	if !ok {
		os.Exit(m.Run())
	}
	var c workerConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	if err := work(c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// work is a worker until SIGTERM, or until whoever started it is gone.
func work(c workerConfig) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	options := []consumer.Option{
		consumer.Stream(streamName),
		consumer.WorkerID(c.ID),
		consumer.FailoverTime(c.Failover),
		consumer.Policy(lease.Policy{Failover: c.Failover, ReportInterval: c.Failover, BalanceEvery: 1}),
		consumer.Election(lease.ElectionOptions{Duration: 2 * c.Failover, Heartbeat: c.Failover / 2}),
		consumer.IdleTime(50 * time.Millisecond),
		consumer.ParentPollInterval(100 * time.Millisecond),
		consumer.KeepEndedLeases(),
		consumer.CPUUtilization(nil), // they share a machine
		consumer.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
	}
	if c.FanOut {
		options = append(options, consumer.EnhancedFanOut(application))
	}
	w, err := consumer.New(newKinesis(c.Server), dynamolease.New(newDynamoDB(c.Server), application, dynamolease.PollInterval(100*time.Millisecond)),
		func(s consumer.ShardInfo) consumer.Processor { return &reader{config: c, shard: s} }, options...)
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// reader reports what a worker does with one shard, each thing before the worker
// goes on, so that what happens later is reported later.
type reader struct {
	config workerConfig
	shard  consumer.ShardInfo
	// released says that ShutdownRequested made its checkpoint.
	released bool
}

func (r *reader) Initialize(ctx context.Context, _ consumer.ShardInfo) error {
	return r.report(ctx, report{What: began, At: r.shard.Checkpoint.String()})
}

func (r *reader) ProcessRecords(ctx context.Context, b *consumer.Batch) error {
	lines := make([]line, len(b.Records))
	for i, rec := range b.Records {
		var err error
		if lines[i], err = parseLine(rec.Data); err != nil {
			return err
		}
		if lines[i].Key != rec.PartitionKey {
			return fmt.Errorf("a line of %s with partition key %q", lines[i].Key, rec.PartitionKey)
		}
	}
	if err := r.report(ctx, report{What: processed, Lines: lines}); err != nil {
		return err
	}
	return b.Checkpointer.Checkpoint(ctx)
}

func (r *reader) ShardEnded(ctx context.Context, c *consumer.Checkpointer) error {
	if err := r.report(ctx, report{What: ended}); err != nil {
		return err
	}
	return c.Checkpoint(ctx)
}

func (r *reader) ShutdownRequested(ctx context.Context, c *consumer.Checkpointer) error {
	if err := r.report(ctx, report{What: released}); err != nil {
		return err
	}
	r.released = true
	return nil
}

func (r *reader) LeaseLost(ctx context.Context) {
	if !r.released {
		// The call's context has ended with the lease.
		r.report(context.WithoutCancel(ctx), report{What: lost})
	}
}

// report tells the ledger, and returns when it has taken note.
func (r *reader) report(ctx context.Context, what report) error {
	what.Worker, what.Shard = r.config.ID, r.shard.ShardID
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.config.Ledger, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the ledger answers %s", resp.Status)
	}
	return nil
}
