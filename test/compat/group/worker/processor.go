package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/leat-io/leat/consumer"
)

// checkpointInterval is how long a worker goes on without a checkpoint, as in
// Worker.java: one that is killed leaves records without.
const checkpointInterval = 5 * time.Second

// processor says what the worker does with a shard: each thing before its
// checkpoint, and the checkpoint when it is made. A checkpoint that fails is made
// up for by the next one.
type processor struct {
	worker, shard string
	checkpointed  time.Time
}

func (p *processor) Initialize(_ context.Context, s consumer.ShardInfo) error {
	return say("begin %s %s %s %d\n", p.shard, p.worker, s.Checkpoint.Sequence, s.Checkpoint.SubSequence)
}

func (p *processor) ProcessRecords(ctx context.Context, b *consumer.Batch) error {
	var lines bytes.Buffer
	fmt.Fprintf(&lines, "batch %s %s\n", p.shard, p.worker)
	for _, r := range b.Records {
		fmt.Fprintf(&lines, "record %s %s %d %s %s\n", p.shard, r.SequenceNumber, r.SubSequenceNumber, r.PartitionKey, r.Data)
	}
	if err := say("%s", &lines); err != nil {
		return err
	}
	if time.Since(p.checkpointed) < checkpointInterval {
		return nil
	}
	p.checkpointed = time.Now()
	return p.checkpoint(ctx, b.Checkpointer, "checkpoint")
}

// ShardEnded says that the shard ended before the checkpoint does, after which
// another worker may begin with its children.
func (p *processor) ShardEnded(ctx context.Context, c *consumer.Checkpointer) error {
	if err := say("end %s %s\n", p.shard, p.worker); err != nil {
		return err
	}
	return p.checkpoint(ctx, c, "checkpoint")
}

func (p *processor) ShutdownRequested(ctx context.Context, c *consumer.Checkpointer) error {
	return p.checkpoint(ctx, c, "asked")
}

func (p *processor) LeaseLost(context.Context) { say("lost %s %s\n", p.shard, p.worker) }

// checkpoint makes a checkpoint, and says done if it is made.
func (p *processor) checkpoint(ctx context.Context, c *consumer.Checkpointer, done string) error {
	if err := c.Checkpoint(ctx); err != nil {
		return say("trouble %s %s %v\n", p.shard, p.worker, err)
	}
	return say("%s %s %s\n", done, p.shard, p.worker)
}

// say writes with one call of the system, for other workers append to the same file.
func say(format string, args ...any) error {
	_, err := os.Stdout.Write(fmt.Appendf(nil, format, args...))
	return err
}
