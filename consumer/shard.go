package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

const (
	// The pause after a processor's method failed grows from the first, the
	// KCL's, to the second.
	minTaskPause = 500 * time.Millisecond
	maxTaskPause = 30 * time.Second
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

var (
	// errAsked says that the shard is to be given up in good order.
	errAsked = errors.New("asked to give the shard up")
	// errCut says that a call failed whose context had ended, since the lease
	// could not be relied on: that is not the processor's fault.
	errCut = errors.New("the context ended")
)

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

// processAgain processes the shard, with a new processor whenever one wants to
// be replaced.
func (s *shardRun) processAgain(ctx context.Context) error {
	pause := backoff{least: minTaskPause, most: maxTaskPause}
	for {
		began := s.worker.o.clock.Now()
		err := s.process(ctx)
		if !errors.Is(err, ErrRestart) {
			return err
		}
		s.initialized = false
		if s.worker.o.clock.Now().Sub(began) > maxTaskPause {
			pause.reset() // it went well for a while
		}
		s.logger.Warn("the processor is replaced; the shard begins again after the last checkpoint",
			"checkpoint", s.holding.row().Checkpoint.String(), "err", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.asked:
			return errAsked
		case <-s.worker.o.clock.After(pause.next()):
		}
	}
}

// process runs a processor over the shard. It returns nil when the shard has
// ended, errAsked, ErrRestart, or another error when the lease is lost.
func (s *shardRun) process(ctx context.Context) error {
	row := s.holding.row()
	if row.Ended() {
		return nil
	}
	s.info = ShardInfo{
		Stream: s.source.name, StreamID: s.source.id, ShardID: row.ShardID(),
		Checkpoint: row.Checkpoint, Pending: row.Pending, PendingState: row.PendingState,
	}
	s.checkpointer = newCheckpointer(s.holding, s.logger)
	s.processor = nil
	began := s.worker.o.clock.Now()
	err := s.untilDone(ctx, "Initialize", func(ctx context.Context) error { return s.call(ctx, "Initialize", s.initialize) })
	s.events.initialized(s.worker.o.clock.Now().Sub(began), err)
	if err != nil {
		return err
	}
	s.logger.Info("processing shard", "checkpoint", row.Checkpoint.String())

	s.unpacker = unpackerOf(row)
	reading, stop := context.WithCancel(ctx)
	var reader sync.WaitGroup
	defer reader.Wait()
	defer stop()
	read, maxPages := s.worker.reader(s, row)
	s.queue = newQueue(maxPages)
	reader.Go(func() { read(reading, s.queue) })
	return s.processPages(ctx)
}

// initialize makes the processor, unless an earlier attempt did, and prepares it.
func (s *shardRun) initialize(ctx context.Context) error {
	if s.processor == nil {
		s.processor = s.worker.factory(s.info)
		s.initialized = true
	}
	return s.processor.Initialize(ctx, s.info)
}

// processPages delivers what is read until the shard ends.
func (s *shardRun) processPages(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.asked:
			return errAsked
		default:
		}
		p, ok := s.queue.take()
		if !ok {
			select {
			case <-ctx.Done():
			case <-s.asked:
			case <-s.queue.filled:
			}
			continue
		}
		if err := s.deliver(ctx, p); err != nil {
			return err
		}
		if p.ended {
			return s.end(ctx, p.children)
		}
	}
}

// deliver gives a page to the processor, until that has processed it.
func (s *shardRun) deliver(ctx context.Context, p page) error {
	b := &Batch{BehindLatest: p.behind, AtShardEnd: p.ended, Shard: s.info, Checkpointer: s.checkpointer}
	b.Records = make([]Record, 0, len(p.records))
	if s.first == nil && len(p.records) > 0 {
		s.first = p.records[0].SequenceNumber
	}
	for i := range p.records {
		var err error
		if b.Records, err = s.unpacker.unpack(b.Records, &p.records[i]); err != nil {
			s.logger.Warn("user records of an aggregate are lost", "sequence_number", *p.records[i].SequenceNumber, "err", err)
		}
	}
	if len(b.Records) == 0 && !s.worker.o.emptyBatches {
		return nil
	}
	err := s.untilDone(ctx, "ProcessRecords", func(ctx context.Context) error { return s.processOnce(ctx, b) })
	if err == nil {
		s.bytes.Add(int64(p.bytes))
	}
	return err
}

// processOnce delivers what of a batch no checkpoint covers.
func (s *shardRun) processOnce(ctx context.Context, b *Batch) error {
	began := s.worker.o.clock.Now()
	attempt := *b
	last := s.checkpointer.Last()
	if last.IsSequence() {
		for len(attempt.Records) > 0 && attempt.Records[0].position().Compare(last) <= 0 {
			attempt.Records = attempt.Records[1:]
		}
		if len(attempt.Records) == 0 && len(b.Records) > 0 {
			return nil
		}
	}
	before := lease.Checkpoint{}
	if n := len(attempt.Records); n > 0 {
		before = s.checkpointer.deliver(attempt.Records[n-1].position())
	}
	err := s.call(ctx, "ProcessRecords", func(ctx context.Context) error {
		return s.processor.ProcessRecords(ctx, &attempt)
	})
	s.events.processed(&attempt, s.worker.o.clock.Now().Sub(began), err)
	switch {
	case err == nil:
	case s.worker.o.skipFailed && !errors.Is(err, errCut) && !errors.Is(err, ErrRestart):
		s.logger.Error("the processor failed; its batch is skipped", "err", err)
		return nil
	case len(attempt.Records) > 0:
		s.checkpointer.undeliver(before)
	}
	return err
}

// untilDone does a part of the shard's work until it succeeds.
func (s *shardRun) untilDone(ctx context.Context, task string, do func(context.Context) error) error {
	pause := backoff{least: minTaskPause, most: maxTaskPause}
	for {
		if err := s.holding.valid(ctx); err != nil {
			return err
		}
		err := do(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrRestart):
			return err
		}
		wait := s.worker.o.parentPoll
		if !errors.Is(err, errParentUnknown) {
			wait = pause.next()
			s.logger.Warn("task failed and is tried again", "task", task, "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.asked:
			return errAsked
		case <-s.worker.o.clock.After(wait):
		}
	}
}

// call calls a method of the processor, under a context that ends when the
// lease cannot be relied on any more. A panic becomes an error.
func (s *shardRun) call(ctx context.Context, method string, f func(context.Context) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.mu.call, s.mu.since, s.mu.cancel = method, s.worker.o.clock.Now(), cancel
	s.mu.warned = s.mu.since
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.mu.call, s.mu.cancel = "", nil
		s.mu.Unlock()
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %v\n%s", method, p, debug.Stack())
		}
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", errCut, err)
		}
	}()
	return f(ctx)
}

// watch looks at the call under way: it ends its context when the lease would
// expire before the next look, and warns of one that takes long.
func (s *shardRun) watch(now, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.call == "" {
		return
	}
	if s.mu.call != "LeaseLost" && s.holding.validUntil().Before(next) {
		s.mu.cancel()
	}
	if now.Sub(s.mu.warned) >= s.worker.o.warnAfter {
		s.mu.warned = now
		s.logger.Warn("the processor does not return; its shard waits", "method", s.mu.call, "for", now.Sub(s.mu.since).Round(time.Second))
	}
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
