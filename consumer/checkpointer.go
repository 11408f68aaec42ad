package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/leat-io/leat/consumer/lease"
)

// Errors of a Checkpointer, besides ErrLeaseLost and those of the lease store.
var (
	// ErrOutOfRange says that a checkpoint is not at a record between the last
	// checkpoint and the last record that was delivered (KCL's
	// IllegalArgumentException).
	ErrOutOfRange = errors.New("checkpoint out of range")
	// ErrNotNow says that a checkpoint cannot be made at this moment, since
	// nothing was delivered yet, or since the checkpoint that was prepared is
	// not the one in the store any more (KCL's InvalidStateException).
	ErrNotNow = errors.New("no checkpoint can be made now")
)

// Checkpointer records how far a shard has been processed. The shard's next
// processor, wherever that is, begins after the last checkpoint.
//
// A checkpoint is a write to the lease store: after every record it would be
// the dearest thing an application does. When a method returns nil the
// checkpoint is stored; after ErrLeaseLost it is not and will not be; after
// another error it may be. All methods may be called concurrently and from any
// goroutine, as long as the shard has not ended.
type Checkpointer struct {
	holding *holding
	logger  *slog.Logger

	mu struct {
		sync.Mutex
		// last is the last checkpoint that was made, delivered the last record
		// that Checkpoint may cover.
		last, delivered lease.Checkpoint
		// shardEnd says that all was delivered, and that a checkpoint at the
		// last record is one at the end of the shard.
		shardEnd bool
	}
}

// newCheckpointer returns the checkpointer of a lease that was taken over.
func newCheckpointer(h *holding, logger *slog.Logger) *Checkpointer {
	c := &Checkpointer{holding: h, logger: logger}
	c.mu.last = h.row().Checkpoint
	c.mu.delivered = c.mu.last
	return c
}

// Checkpoint says that everything delivered so far has been processed: within
// ProcessRecords all of its batch, within ShardEnded all of the shard. Outside
// of them it covers the batches that ProcessRecords has returned nil for.
func (c *Checkpointer) Checkpoint(ctx context.Context) error {
	at, err := c.everything()
	if err != nil || at == c.lastMade() {
		return err
	}
	return c.make(ctx, at)
}

// CheckpointRecord says that everything up to r, and r itself, has been
// processed.
func (c *Checkpointer) CheckpointRecord(ctx context.Context, r *Record) error {
	return c.CheckpointAt(ctx, r.SequenceNumber, r.SubSequenceNumber)
}

// CheckpointAt is CheckpointRecord for a sequence number and a sub-sequence
// number, which is 0 for a record that was not aggregated.
func (c *Checkpointer) CheckpointAt(ctx context.Context, sequenceNumber string, subSequenceNumber int64) error {
	at, err := c.allowed(lease.Checkpoint{Sequence: sequenceNumber, SubSequence: subSequenceNumber})
	if err != nil {
		return err
	}
	return c.make(ctx, at)
}

// Last returns the last checkpoint that was made, by whichever processor.
func (c *Checkpointer) Last() lease.Checkpoint { return c.lastMade() }

// Prepare stores what Checkpoint would store as a pending checkpoint, with a
// note, without making it: should the processor die, the next one is told both
// when it is initialized, and can find out whether the work was done. The
// application finishes its work and then makes the checkpoint.
func (c *Checkpointer) Prepare(ctx context.Context, state []byte) (*PreparedCheckpoint, error) {
	at, err := c.everything()
	if err != nil {
		return nil, err
	}
	return c.prepare(ctx, at, state)
}

// PrepareAt is Prepare for a record.
func (c *Checkpointer) PrepareAt(ctx context.Context, r *Record, state []byte) (*PreparedCheckpoint, error) {
	at, err := c.allowed(r.position())
	if err != nil {
		return nil, err
	}
	return c.prepare(ctx, at, state)
}

func (c *Checkpointer) prepare(ctx context.Context, at lease.Checkpoint, state []byte) (*PreparedCheckpoint, error) {
	err := c.holding.update(ctx, func(row lease.Lease) lease.Lease { return row.Prepared(at, state) })
	if err != nil {
		return nil, fmt.Errorf("prepare a checkpoint: %w", err)
	}
	return &PreparedCheckpoint{checkpointer: c, at: at}, nil
}

// PreparedCheckpoint is a checkpoint that was prepared and can be made.
type PreparedCheckpoint struct {
	checkpointer *Checkpointer
	at           lease.Checkpoint
}

// Pending returns where the checkpoint will be.
func (p *PreparedCheckpoint) Pending() lease.Checkpoint { return p.at }

// Checkpoint makes the checkpoint. Once a later one was made, by whatever way,
// it gives ErrOutOfRange.
func (p *PreparedCheckpoint) Checkpoint(ctx context.Context) error {
	if p.at.Compare(p.checkpointer.lastMade()) < 0 {
		return fmt.Errorf("%w: %v is before %v", ErrOutOfRange, p.at, p.checkpointer.lastMade())
	}
	return p.checkpointer.make(ctx, p.at)
}

// everything returns what Checkpoint covers.
func (c *Checkpointer) everything() (lease.Checkpoint, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.mu.shardEnd:
		return lease.ShardEnd, nil
	case c.holding.isLost():
		return lease.Checkpoint{}, ErrLeaseLost
	case c.mu.delivered.IsZero():
		return lease.Checkpoint{}, ErrNotNow
	}
	return c.mu.delivered, nil
}

// allowed returns the checkpoint to be made for one that is asked for.
func (c *Checkpointer) allowed(at lease.Checkpoint) (lease.Checkpoint, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.holding.isLost():
		return at, ErrLeaseLost
	case !at.IsSequence(), at.Compare(c.mu.last) < 0, at.Compare(c.mu.delivered) > 0:
		return at, fmt.Errorf("%w: %v is not between %v and %v", ErrOutOfRange, at, c.mu.last, c.mu.delivered)
	case c.mu.shardEnd && at == c.mu.delivered:
		return lease.ShardEnd, nil
	}
	return at, nil
}

// make stores a checkpoint.
func (c *Checkpointer) make(ctx context.Context, at lease.Checkpoint) error {
	err := c.holding.update(ctx, func(row lease.Lease) lease.Lease {
		if row.Checkpoint.Compare(at) > 0 {
			at = row.Checkpoint // a later one was made meanwhile by another goroutine
		}
		return row.Checkpointed(at)
	})
	if err != nil {
		return fmt.Errorf("checkpoint %v: %w", at, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.last.Compare(at) < 0 { // else another goroutine was faster here
		c.mu.last = at
	}
	return nil
}

func (c *Checkpointer) lastMade() lease.Checkpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.last
}

// deliver says that records up to at are being delivered, and returns what
// undeliver is to be given when that comes to nothing.
func (c *Checkpointer) deliver(at lease.Checkpoint) (before lease.Checkpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, c.mu.delivered = c.mu.delivered, at
	return before
}

// undeliver takes a delivery back to what came before it, but not before a
// checkpoint that was made meanwhile.
func (c *Checkpointer) undeliver(before lease.Checkpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if before.Compare(c.mu.last) < 0 {
		before = c.mu.last
	}
	c.mu.delivered = before
}

// end says that all records of the shard were delivered.
func (c *Checkpointer) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.shardEnd = true
}

// failed logs a checkpoint that could not be made and will be made up for.
func (c *Checkpointer) failed(err error) {
	if !errors.Is(err, ErrLeaseLost) && !errors.Is(err, context.Canceled) {
		c.logger.Warn("checkpoint failed; the next one covers it", "lease", c.holding.row().Key, "err", err)
	}
}
