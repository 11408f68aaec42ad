package multilang

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/leat-io/leat/consumer"
)

// DefaultGrace is how long a child may take to end (shutdownGraceMillis).
const DefaultGrace = 5 * time.Second

// Command is how a record processor is started, once for each shard.
type Command struct {
	// Path and Args are the program, Env its environment; nil is this
	// process's own.
	Path string
	Args []string
	Env  []string
	// Timeout is how long the processor may take for an answer before it is
	// killed and replaced; 0 is for ever (timeoutInSeconds).
	Timeout time.Duration
	// Grace is how long it may take to end before it is killed; 0 is
	// DefaultGrace.
	Grace time.Duration
	// Logger is told what processors write to standard error, and of those that
	// had to be replaced; nil discards it.
	Logger *slog.Logger
}

// Factory returns what makes the processors for a worker.
func (c Command) Factory() consumer.Factory {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Grace == 0 {
		c.Grace = DefaultGrace
	}
	return func(s consumer.ShardInfo) consumer.Processor {
		return &processor{command: c, logger: c.Logger.With("stream", s.Stream, "shard_id", s.ShardID)}
	}
}

// processor has a child process the records of a shard.
type processor struct {
	command Command
	logger  *slog.Logger
	child   *child // nil before Initialize, and after the end
}

// Initialize starts the child. One that cannot initialize is killed, and the
// next call starts another.
func (p *processor) Initialize(ctx context.Context, s consumer.ShardInfo) (err error) {
	if p.child, err = p.command.start(p.logger); err != nil {
		return err
	}
	err = p.child.ask(ctx, actionInitialize, initialize{
		Action: actionInitialize, ShardID: s.ShardID,
		SequenceNumber: s.Checkpoint.Sequence, SubSequenceNumber: s.Checkpoint.SubSequence,
	}, nil)
	if err != nil {
		p.child.kill()
		p.child = nil
	}
	return err
}

// ProcessRecords has the child process a batch.
func (p *processor) ProcessRecords(ctx context.Context, b *consumer.Batch) error {
	return p.ask(ctx, actionProcessRecords, recordsOf(b), b.Checkpointer)
}

// LeaseLost tells the child and ends it. It waits for it no longer than the
// grace twice over.
func (p *processor) LeaseLost(ctx context.Context) {
	if p.child == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, p.command.Grace)
	defer cancel()
	if err := p.child.ask(ctx, actionLeaseLost, bare{actionLeaseLost}, nil); err != nil {
		p.logger.Warn("the processor is killed: it does not take note that its lease is lost", "err", err)
		p.child.kill()
	} else {
		p.child.end()
	}
	p.child = nil
}

// ShardEnded tells the child and ends it.
func (p *processor) ShardEnded(ctx context.Context, c *consumer.Checkpointer) error {
	if p.child == nil {
		return nil // it was told; the last checkpoint failed since
	}
	if err := p.ask(ctx, actionShardEnded, bare{actionShardEnded}, c); err != nil {
		return err
	}
	p.child.end()
	p.child = nil
	return nil
}

// ShutdownRequested tells the child.
func (p *processor) ShutdownRequested(ctx context.Context, c *consumer.Checkpointer) error {
	return p.ask(ctx, actionShutdownRequested, bare{actionShutdownRequested}, c)
}

// ask asks the child. One that does not answer as it should is killed: another
// has to begin after the last checkpoint, since nobody knows what this one kept
// in mind.
func (p *processor) ask(ctx context.Context, action string, message any, c *consumer.Checkpointer) error {
	err := p.child.ask(ctx, action, message, c)
	if err == nil || ctx.Err() != nil {
		return err
	}
	p.child.kill()
	p.child = nil
	return fmt.Errorf("%w: %w", consumer.ErrRestart, err)
}
