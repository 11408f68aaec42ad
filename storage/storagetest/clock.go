package storagetest

import (
	"sync"
	"time"
)

// Clock is a clock that stands still until it is moved, in either direction.
// It is what makes a history's arrival times the same on every engine.
type Clock struct {
	mu struct {
		sync.Mutex
		now    time.Time
		alarms []alarm
	}
}

// alarm is one After that has not fired.
type alarm struct {
	due   time.Time
	fired chan time.Time
}

// NewClock returns a clock that shows a fixed time.
func NewClock() *Clock {
	c := &Clock{}
	c.mu.now = time.UnixMilli(1_750_000_000_000).UTC()
	return c
}

// Now implements clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.now
}

// Millis returns the time as records carry it.
func (c *Clock) Millis() int64 { return c.Now().UnixMilli() }

// After implements clock.Clock. It fires during the Step that reaches the due
// time, or at once when d is not positive.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := alarm{c.mu.now.Add(d), make(chan time.Time, 1)}
	c.mu.alarms = append(c.mu.alarms, a)
	c.fireLocked()
	return a.fired
}

// Step moves the clock by d, which may be negative.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.now = c.mu.now.Add(d)
	c.fireLocked()
}

func (c *Clock) fireLocked() {
	kept := c.mu.alarms[:0]
	for _, a := range c.mu.alarms {
		if a.due.After(c.mu.now) {
			kept = append(kept, a)
			continue
		}
		a.fired <- c.mu.now
	}
	c.mu.alarms = kept
}
