package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/leat-io/leat/consumer"
)

// processor says what is done with the shard that it is named after, each thing
// before its checkpoint.
type processor string

func (p processor) Initialize(context.Context, consumer.ShardInfo) error {
	return say("begin %s\n", p)
}

func (p processor) ProcessRecords(ctx context.Context, b *consumer.Batch) error {
	var lines bytes.Buffer
	for _, r := range b.Records {
		fmt.Fprintf(&lines, "record %s %s %d %s %s\n", p, r.SequenceNumber, r.SubSequenceNumber, r.PartitionKey, r.Data)
	}
	if err := say("%s", &lines); err != nil {
		return err
	}
	return b.Checkpointer.Checkpoint(ctx)
}

// ShardEnded says that the shard ended before the checkpoint does, after which
// another worker may begin with its children.
func (p processor) ShardEnded(ctx context.Context, c *consumer.Checkpointer) error {
	if err := say("end %s\n", p); err != nil {
		return err
	}
	return c.Checkpoint(ctx)
}

func (p processor) ShutdownRequested(ctx context.Context, c *consumer.Checkpointer) error {
	return c.Checkpoint(ctx)
}

func (p processor) LeaseLost(context.Context) { say("lost %s\n", p) }

// say writes with one call of the system, for other workers append to the same file.
func say(format string, args ...any) error {
	_, err := os.Stdout.Write(fmt.Appendf(nil, format, args...))
	return err
}
