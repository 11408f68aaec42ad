package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

const (
	retryDelayLeast = 50 * time.Millisecond
	retryDelayMost  = 2 * time.Second
)

// backoff spaces out attempts, and tells a person once when it is because
// nobody answers or the server fails. The zero value is ready.
type backoff struct {
	delay    time.Duration
	reported bool
}

// step returns how long to wait before the next attempt: longer each time, and
// by chance up to half of it shorter, so that many clients spread.
func (b *backoff) step() time.Duration {
	b.delay = min(max(2*b.delay, retryDelayLeast), retryDelayMost)
	return b.delay/2 + rand.N(b.delay/2)
}

// wait waits for one step after err.
func (b *backoff) wait(ctx context.Context, words io.Writer, err error) error {
	b.report(words, err)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(b.step()):
		return nil
	}
}

// report says that no answer came or that the server failed, unless it has said
// so already. To be refused for going too fast is not worth a word.
func (b *backoff) report(words io.Writer, err error) {
	switch {
	case b.reported:
		return
	case unreachable(err):
		fmt.Fprintf(words, "leat: no answer from %s (%v), trying again\n", endpointOf(err), innermost(err))
	case failing(err):
		fmt.Fprintf(words, "leat: the server fails (%s), trying again\n", explain(err))
	default:
		return
	}
	b.reported = true
}

// over ends the waiting: an answer came.
func (b *backoff) over(words io.Writer) {
	if b.reported {
		fmt.Fprintln(words, "leat: the server answers again")
	}
	*b = backoff{}
}
