package consumer

import (
	"context"
	"math/rand/v2"
	"time"
)

// Clock tells the time. Implementations are safe for concurrent use; nil, where
// one can be given, is the machine's.
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// After returns a channel that receives once, when d has passed.
	After(d time.Duration) <-chan time.Time
}

// sleep waits for d on the clock. The error is ctx's, when that ends before.
func sleep(ctx context.Context, clock Clock, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-clock.After(d):
		return nil
	}
}

// backoff is the pause after a failure, which doubles from one to the next.
type backoff struct {
	least, most time.Duration
	failures    int
}

// first notes a failure that calls for no pause, and reports whether it is the
// first one since it went well.
func (b *backoff) first() bool {
	b.failures++
	return b.failures == 1
}

// next returns the pause after one more failure: between half and all of it,
// so that workers that failed together do not come back together.
func (b *backoff) next() time.Duration {
	d := b.most
	if b.failures < 20 {
		d = min(b.least<<b.failures, b.most)
	}
	b.failures++
	return d/2 + rand.N(d/2+1)
}

// reset says that it went well.
func (b *backoff) reset() { b.failures = 0 }
