package kinesis

import (
	"testing"
	"time"

	"github.com/leat-io/leat/storage"
)

// putSome takes n records of the size in one batch and returns how many passed.
func putSome(th *throttle, shard uint32, n, bytes int, now time.Time) int {
	th.beginBatch()
	defer th.endBatch()
	passed := 0
	for range n {
		if th.takePut(storage.ShardKey{Stream: 1, Shard: shard}, bytes, now) {
			passed++
		}
	}
	return passed
}

func TestThrottleWrites(t *testing.T) {
	now := time.Unix(1700000000, 0)
	for what, steps := range map[string][]struct {
		after     time.Duration
		n, bytes  int
		wantTaken int
	}{
		"records": {
			{0, 1200, 10, 1000}, {0, 1, 10, 0}, {500 * time.Millisecond, 600, 10, 500},
			{time.Hour, 1200, 10, 1000}, // capacity is one second's worth
		},
		"bytes": {
			{0, 3, 400 << 10, 2}, {0, 1, 300 << 10, 0}, // 224 KiB left
			{0, 1, 224 << 10, 1}, {time.Second, 2, 1 << 20, 1},
		},
		"debt": {
			{0, 2, 10 << 20, 1}, {9 * time.Second, 1, 1, 0}, {time.Second, 1, 1 << 20, 1},
		},
		"large after small": {
			{0, 1, 1000, 1}, {0, 1, 5 << 20, 1}, {4 * time.Second, 1, 2000, 0}, {time.Second, 1, 2000, 1},
		},
		"clock set back": {
			{0, 1000, 10, 1000}, {-time.Hour, 1, 10, 0}, {time.Second, 1, 10, 1},
		},
	} {
		var th throttle
		at := now
		for i, s := range steps {
			at = at.Add(s.after)
			if got := putSome(&th, 0, s.n, s.bytes, at); got != s.wantTaken {
				t.Errorf("%s, step %d: %d of %d records of %d bytes, want %d", what, i, got, s.n, s.bytes, s.wantTaken)
			}
		}
	}
}

// TestThrottleNobodyOvertakes: a record that would fit is refused after one of
// its shard was, in the same batch and in no other.
func TestThrottleNobodyOvertakes(t *testing.T) {
	var th throttle
	now := time.Unix(1700000000, 0)
	a, b := storage.ShardKey{Stream: 1}, storage.ShardKey{Stream: 1, Shard: 1}
	putSome(&th, 0, 1, 1<<20-100, now)
	th.beginBatch()
	for i, c := range []struct {
		key   storage.ShardKey
		bytes int
		want  bool
	}{{a, 50, true}, {a, 51, false}, {a, 1, false}, {b, 51, true}, {a, 1, false}} {
		if got := th.takePut(c.key, c.bytes, now); got != c.want {
			t.Errorf("record %d: %v", i, got)
		}
	}
	th.endBatch()
	if putSome(&th, 0, 1, 50, now) != 1 {
		t.Error("the next batch is still refused")
	}
}

func TestThrottleReads(t *testing.T) {
	var th throttle
	now := time.Unix(1700000000, 0)
	key := storage.ShardKey{Stream: 1}
	calls := func() (n int) {
		for n < 100 && th.takeRead(key, now) {
			n++
		}
		return n
	}
	if n := calls(); n != 5 {
		t.Errorf("%d calls in the first second", n)
	}
	if now = now.Add(200 * time.Millisecond); calls() != 1 {
		t.Error("not one more after a fifth of a second")
	}
	now = now.Add(time.Hour)
	th.chargeRead(key, 10<<20, now)
	if now = now.Add(4*time.Second - time.Millisecond); calls() != 0 {
		t.Error("10 MiB are paid for in less than the 4 s after the first")
	}
	if now = now.Add(time.Millisecond); calls() != 5 {
		t.Error("10 MiB are not paid for after 5 s, one of them in advance")
	}
}

func TestThrottleIterators(t *testing.T) {
	var th throttle
	now := time.Unix(1700000000, 0)
	for i := range 6 {
		if got := th.takeIterator(storage.ShardKey{}, now); got != (i < 5) {
			t.Errorf("call %d: %v", i, got)
		}
	}
}

// TestThrottleForgets: memory is for the shards of the last seconds, not for
// all that were ever used.
func TestThrottleForgets(t *testing.T) {
	var th throttle
	now := time.Unix(1700000000, 0)
	for shard := range uint32(100_000) {
		now = now.Add(time.Millisecond)
		putSome(&th, shard, 1, 100, now)
	}
	if n := len(th.mu.shards); n > minSweep {
		t.Errorf("%d shards are remembered", n)
	}
	// One that is busy is not forgotten with them.
	putSome(&th, 7, 1000, 100, now)
	for shard := range uint32(3 * minSweep) {
		putSome(&th, 200_000+shard, 1, 1, now.Add(500*time.Millisecond))
	}
	if n := putSome(&th, 7, 1000, 100, now.Add(500*time.Millisecond)); n != 500 {
		t.Errorf("%d records, want the half that half a second gives", n)
	}
}

func BenchmarkThrottlePut(b *testing.B) {
	var th throttle
	now := time.Unix(1700000000, 0)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		putSome(&th, 3, 1, 100, now)
	}
}
