package consumer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// errCut says that a call failed whose context had ended, since the lease
// could not be relied on: that is not the processor's fault.
var errCut = errors.New("the context ended")

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
