package consumer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

const (
	// The pause after a processor's method failed grows from the first, the
	// KCL's, to the second.
	minTaskPause = 500 * time.Millisecond
	maxTaskPause = 30 * time.Second
)

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
