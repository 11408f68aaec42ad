package consumer

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// shutDown gives all shards up in good order, as far as the processors let it.
func (w *Worker) shutDown() error {
	w.mu.Lock()
	w.mu.stopping = true
	held := slices.Collect(maps.Values(w.mu.held))
	w.mu.Unlock()
	// First of all the leader should stop giving shards to this worker.
	if err := w.leases.DeleteStats(w.life, w.o.workerID); err != nil && w.life.Err() == nil {
		w.o.logger.Warn("cannot tell that this worker stops", "err", err)
	}
	for _, s := range held {
		s.ask()
	}
	stopped := make(chan struct{})
	go func() { w.wg.Wait(); close(stopped) }()
	select {
	case <-stopped:
	case <-w.life.Done():
	case <-w.o.clock.After(w.o.shutdownGrace):
	}
	w.release(held)
	w.cut()
	select {
	case <-stopped:
		return nil
	case <-w.o.clock.After(releaseTime):
	}
	var stuck []string
	for _, s := range held {
		select {
		case <-s.done:
		default:
			stuck = append(stuck, s.holding.row().Key)
		}
	}
	return fmt.Errorf("consumer: the processors of these shards did not return: %v", stuck)
}

// release gives up what is still held, and leadership.
func (w *Worker) release(held []*shardRun) {
	ctx, cancel := context.WithTimeout(w.life, releaseTime)
	defer cancel()
	for _, s := range held {
		if s.holding.isLost() {
			continue
		}
		if err := s.release(ctx); err != nil && ctx.Err() == nil {
			w.o.logger.Warn("the lease could not be released; it will expire", "lease", s.holding.row().Key, "err", err)
		}
	}
	if err := w.election.Release(ctx); err != nil && ctx.Err() == nil {
		w.o.logger.Warn("leadership could not be released; it will lapse", "err", err)
	}
}
