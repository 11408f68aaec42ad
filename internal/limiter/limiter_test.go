package limiter

import (
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	var l Limiter[string]
	now := time.Unix(1700000000, 0)
	take := func(key string, after time.Duration, want bool) {
		t.Helper()
		now = now.Add(after)
		if got := l.Take(key, 2, now); got != want {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
	take("a", 0, true)
	take("a", 0, true)
	take("a", 0, false)
	take("b", 0, true) // a key of its own
	take("a", 400*time.Millisecond, false)
	take("a", 100*time.Millisecond, true)
	take("a", 0, false)
	take("a", -time.Hour, false) // the clock was set back
	take("a", 500*time.Millisecond, true)
	take("a", time.Hour, true) // no more than a second's worth is saved up
	take("a", 0, true)
	take("a", 0, false)
}

func TestMemoryFollowsKeysInUse(t *testing.T) {
	var l Limiter[int]
	now := time.Unix(1700000000, 0)
	for key := range 100 * minSweep {
		now = now.Add(10 * time.Millisecond)
		l.Take(key, 1, now)
	}
	if n := len(l.mu.buckets); n > minSweep {
		t.Errorf("%d buckets, but no more than 100 keys were used in the last second", n)
	}
}
