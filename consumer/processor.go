package consumer

import (
	"context"
	"errors"
)

// ErrRestart, or an error that wraps it, is what a method of a processor returns
// that cannot go on and has lost what it kept in mind since the last checkpoint.
// No method of it is called any more; after a pause the worker makes another
// processor, which begins after the last checkpoint.
var ErrRestart = errors.New("the processor has to be replaced")

// Processor processes the records of one shard. The worker makes one with its
// Factory whenever it gets a shard's lease, and calls its methods one at a
// time: Initialize, ProcessRecords as often as there are records, and at the end
// either ShardEnded, or LeaseLost, which ShutdownRequested may precede. No
// method is called after ShardEnded returned nil or LeaseLost returned.
//
// The context of a call ends when the lease is lost, or could not be renewed for
// so long that another worker may have taken it. What the processor still does
// then is in vain, and may be done by the other worker at the same time.
//
// A method that panics is treated as if it had returned an error. One that does
// not return holds up its own shard, and no other; the worker logs a warning.
type Processor interface {
	// Initialize prepares for the records after shard.Checkpoint. When it
	// returns an error it is called again after a pause.
	Initialize(ctx context.Context, shard ShardInfo) error
	// ProcessRecords processes a batch. Nil says that this is done with; only
	// then does the next batch come. After an error the batch comes again,
	// without the records that a checkpoint covers, after a pause that grows
	// from half a second to half a minute: no record is given up, see
	// SkipFailedBatches.
	ProcessRecords(ctx context.Context, b *Batch) error
	// LeaseLost says that this processor gets no more records, and that its
	// checkpoints do not count any more.
	LeaseLost(ctx context.Context)
	// ShardEnded says that all records of the shard were delivered. Nil says
	// that all is processed: the worker checkpoints the end of the shard, if
	// the processor did not, and the shard's children may begin. When it
	// returns an error it is called again after a pause.
	ShardEnded(ctx context.Context, c *Checkpointer) error
	// ShutdownRequested says that the worker would like to give the shard up,
	// because it stops or because another worker is to have it. It is the last
	// opportunity for a checkpoint. LeaseLost follows.
	ShutdownRequested(ctx context.Context, c *Checkpointer) error
}

// Factory makes the processor of a shard. When it panics it is called again after
// a pause.
type Factory func(shard ShardInfo) Processor

// Func returns a Factory for those who want to write one function. It is called
// with each batch; when it returns nil the batch is checkpointed. A checkpoint
// that fails is made up for by the next one.
func Func(process func(context.Context, *Batch) error) Factory {
	return func(ShardInfo) Processor { return funcProcessor(process) }
}

// funcProcessor is a Processor that checkpoints everything it has processed.
type funcProcessor func(context.Context, *Batch) error

func (funcProcessor) Initialize(context.Context, ShardInfo) error { return nil }

func (f funcProcessor) ProcessRecords(ctx context.Context, b *Batch) error {
	if err := f(ctx, b); err != nil {
		return err
	}
	// The batch is processed: were the error returned, it would come again.
	if err := b.Checkpointer.Checkpoint(ctx); err != nil {
		b.Checkpointer.failed(err)
	}
	return nil
}

func (funcProcessor) LeaseLost(context.Context) {}

func (funcProcessor) ShardEnded(ctx context.Context, c *Checkpointer) error {
	return c.Checkpoint(ctx)
}

func (funcProcessor) ShutdownRequested(ctx context.Context, c *Checkpointer) error {
	return c.Checkpoint(ctx)
}
