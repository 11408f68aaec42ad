package clock

import (
	"testing"
	"time"
)

func TestManualNow(t *testing.T) {
	var c Manual
	before := time.Now()
	c.Advance(time.Hour)
	c.Advance(time.Minute)
	if got := c.Now().Sub(before); got < time.Hour+time.Minute || got > time.Hour+2*time.Minute {
		t.Errorf("an hour and a minute ahead: %v", got)
	}
}

// fired reports whether the channel has its one value.
func fired(ch <-chan time.Time) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestManualAfter(t *testing.T) {
	var c Manual
	soon, late := c.After(time.Hour), c.After(3*time.Hour)
	c.Advance(30 * time.Minute)
	if fired(soon) || fired(late) {
		t.Error("fired too early")
	}
	c.Advance(time.Hour)
	if !fired(soon) || fired(late) {
		t.Error("after an hour and a half: the first, and only it")
	}
	c.Advance(2 * time.Hour)
	if !fired(late) || fired(soon) {
		t.Error("after three hours and a half: the second, and nothing twice")
	}
	// Without any Advance it runs along with the machine's clock.
	<-c.After(time.Millisecond)
	<-c.After(0)
	<-c.After(-time.Second)
	if n := len(c.mu.pending); n != 0 {
		t.Errorf("%d alarms are left", n)
	}
}

func TestSystem(t *testing.T) {
	var c Clock = System{}
	before := c.Now()
	if at := <-c.After(time.Millisecond); at.Sub(before) < time.Millisecond {
		t.Errorf("fired after %v", at.Sub(before))
	}
}
