package consumer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

// shardRun processes one shard for as long as this worker has its lease: parents
// first, then a processor, batch after batch, to the end of the shard or of the
// lease. run is its goroutine; a second one reads ahead.
type shardRun struct {
	worker  *Worker
	source  source
	holding *holding
	logger  *slog.Logger
	events  *shardEvents

	// Owned by run.
	info         ShardInfo
	checkpointer *Checkpointer
	processor    Processor
	initialized  bool // there is a processor that has to be told of the end
	unpacker     *unpacker
	queue        *queue
	// first is the sequence number of the first record that was read. Should a
	// processor be replaced before its first checkpoint, the latest record is
	// another one by then.
	first *string

	// asked is closed when the shard is to be given up in good order.
	asked   chan struct{}
	askOnce sync.Once
	// done is closed when run has returned.
	done chan struct{}
	// ended says that the shard was processed to its end. Written by run before
	// done is closed.
	ended bool

	bytes atomic.Int64 // delivered so far

	mu struct {
		sync.Mutex
		call    string             // the processor's method under way, or ""
		since   time.Time          // when it was called
		warned  time.Time          // when the log was last told that it is slow
		cancel  context.CancelFunc // ends the context of the call
		askedAt time.Time          // when asked was closed
	}
}

// errAsked says that the shard is to be given up in good order.
var errAsked = errors.New("asked to give the shard up")

// newShardRun returns what processes the shard of a lease that was taken.
func newShardRun(w *Worker, s source, h *holding) *shardRun {
	row := h.row()
	logger := w.o.logger.With("stream", s.name, "shard_id", row.ShardID())
	return &shardRun{
		worker: w, source: s, holding: h, logger: logger,
		events: &shardEvents{worker: w, stream: s.id.String(), shard: row.ShardID(), logger: logger},
		asked:  make(chan struct{}),
		done:   make(chan struct{}),
	}
}

// ask has the shard be given up in good order, soon.
func (s *shardRun) ask() {
	s.askOnce.Do(func() {
		s.mu.Lock()
		s.mu.askedAt = s.worker.o.clock.Now()
		s.mu.Unlock()
		close(s.asked)
	})
}

// run does it all. The lease is let go of at its end, unless the shard has
// ended: then it stays until it can be cleaned up.
func (s *shardRun) run() {
	defer close(s.done)
	ctx := s.holding.ctx
	err := s.parentsEnded(ctx)
	if err == nil {
		err = s.processAgain(ctx)
	}
	switch {
	case err == nil:
		s.ended = true
		s.logger.Info("shard ended")
		return
	case errors.Is(err, errAsked):
		s.giveUp(ctx)
	}
	if s.initialized {
		// Whoever waits for the lease to end has seen it by now, so this call
		// gets a context that lives.
		_ = s.call(context.WithoutCancel(ctx), "LeaseLost", func(ctx context.Context) error {
			s.processor.LeaseLost(ctx)
			return nil
		})
	}
}

// giveUp lets the processor make its last checkpoint and hands the lease over,
// to the worker that is to have it or to whoever gets it.
func (s *shardRun) giveUp(ctx context.Context) {
	if s.initialized {
		err := s.call(ctx, "ShutdownRequested", func(ctx context.Context) error {
			return s.processor.ShutdownRequested(ctx, s.checkpointer)
		})
		if err != nil && ctx.Err() == nil {
			s.logger.Warn("the processor could not shut down in good order", "err", err)
		}
	}
	if err := s.release(ctx); err != nil && ctx.Err() == nil {
		s.logger.Warn("the lease could not be released; it will expire", "err", err)
	}
}

// release gives the lease to the worker that is to have it, or to nobody.
func (s *shardRun) release(ctx context.Context) error {
	return s.holding.letGo(ctx, func(ctx context.Context, row lease.Lease) (lease.Lease, error) {
		if row.InHandoff() {
			return s.worker.leases.Assign(ctx, row, row.Owner)
		}
		return s.worker.leases.Evict(ctx, row)
	})
}

// parentsEnded waits until the parents of the shard have been processed to their
// end: until none of them has a lease that says otherwise.
func (s *shardRun) parentsEnded(ctx context.Context) error {
	row := s.holding.row()
	if row.Checkpoint.IsSequence() || row.Ended() {
		return nil // somebody began with it, so they have
	}
	for _, parent := range row.Parents {
		key := lease.KeyOf(s.source.id.String(), parent)
		for {
			ended := s.worker.shardEndedSince()
			l, err := s.worker.leases.Get(ctx, key)
			if errors.Is(err, lease.ErrNotFound) || err == nil && l.Ended() {
				break
			}
			if err != nil && ctx.Err() == nil {
				s.logger.Warn("cannot see how far the parent shard is", "parent", parent, "err", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-s.asked:
				return errAsked
			case <-ended:
			case <-s.worker.o.clock.After(s.worker.o.parentPoll):
			}
		}
	}
	return nil
}

// askedFor returns for how long the shard has been asked to give up.
func (s *shardRun) askedFor(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.askedAt.IsZero() {
		return 0
	}
	return now.Sub(s.mu.askedAt)
}

// hasEnded reports whether the shard was processed to its end.
func (s *shardRun) hasEnded() bool {
	select {
	case <-s.done:
		return s.ended
	default:
		return false
	}
}
