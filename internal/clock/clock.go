// Package clock lets a server's idea of the time be advanced by a test, so
// that days of retention pass in milliseconds.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time. Implementations are safe for concurrent use.
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// After returns a channel that receives once, when d has passed on this
	// clock. The channel has room for that one value, so nothing leaks when
	// the caller stops listening.
	After(d time.Duration) <-chan time.Time
}

// System is the machine's own clock.
type System struct{}

// Now returns time.Now.
func (System) Now() time.Time { return time.Now() }

// After returns time.After(d).
func (System) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Manual is a clock that runs along with the machine's and can be moved
// forward on top of that. The zero value is ready to use.
type Manual struct {
	mu struct {
		sync.Mutex
		ahead   time.Duration
		pending []*alarm
	}
}

// alarm is one unexpired After.
type alarm struct {
	due   time.Time // on the manual clock
	timer *time.Timer
	fired chan time.Time
}

// Now returns the machine's time plus all that Advance added.
func (c *Manual) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.mu.ahead)
}

// After implements Clock. An Advance past the due time fires it at once.
func (c *Manual) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &alarm{due: time.Now().Add(c.mu.ahead + d), fired: make(chan time.Time, 1)}
	a.timer = time.AfterFunc(d, func() { c.fire(a) })
	c.mu.pending = append(c.mu.pending, a)
	return a.fired
}

// Advance moves the clock forward by d and fires every After that is due.
func (c *Manual) Advance(d time.Duration) {
	c.mu.Lock()
	c.mu.ahead += d
	now := time.Now().Add(c.mu.ahead)
	var due []*alarm
	for _, a := range c.mu.pending {
		if !a.due.After(now) {
			due = append(due, a)
		}
	}
	c.mu.Unlock()
	for _, a := range due {
		c.fire(a)
	}
}

// fire delivers a once and forgets it.
func (c *Manual) fire(a *alarm) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, p := range c.mu.pending {
		if p == a {
			c.mu.pending = append(c.mu.pending[:i], c.mu.pending[i+1:]...)
			a.timer.Stop()
			a.fired <- time.Now().Add(c.mu.ahead)
			return
		}
	}
}
