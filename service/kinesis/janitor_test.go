package kinesis

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// keepers is how many goroutines of a service always wait for the clock: the
// janitor, and the one that scales on-demand streams.
const keepers = 2

// until advances the clock by steps of d until the condition holds. Before each
// look and each step it waits for the housekeeping that is due to be done.
func (r *rig) until(what string, d time.Duration, wanted func() bool) {
	r.t.Helper()
	for range 100 {
		r.awaitAlarms(keepers)
		if wanted() {
			return
		}
		r.clock.Advance(d)
	}
	r.t.Fatalf("waited in vain: %s", what)
}

// awaitAlarms waits until so many goroutines wait for the clock.
func (r *rig) awaitAlarms(n int) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for r.clock.waiting() < n {
		if time.Now().After(deadline) {
			r.t.Fatalf("fewer than %d wait for the clock", n)
		}
		runtime.Gosched()
	}
}

// waiting returns how many alarms are not due yet.
func (c *frozenClock) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.alarms)
}

// first returns the first offset that a shard of the stream testRef holds, and
// false when the shard has no log.
func (r *rig) first(shard uint32) (storage.Offset, bool) {
	bounds, err := r.log.Bounds(storage.ShardKey{Stream: r.orders().ID, Shard: shard})
	return bounds.First, err == nil
}

func TestRetentionIsKept(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.trustClock = true
	r.start()
	r.awaitAlarms(keepers)
	r.put("0", "old")
	r.clock.Advance(time.Hour)
	r.put("0", "young")
	r.split(0, "1000")
	r.put("0", "child")

	r.clock.Advance(23*time.Hour + time.Second)
	r.until("the old record is trimmed", time.Minute, func() bool { first, _ := r.first(0); return first == 1 })
	if got := dataOf(r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon)).Records); got != "young" {
		t.Errorf("%q", got)
	}
	r.clock.Advance(time.Hour)
	r.until("the closed shard is given up", time.Minute, func() bool { _, there := r.first(0); return !there })
	if x := r.orders(); len(x.Shards) != 2 || x.Shards[0].Index != 1 {
		t.Errorf("%+v", x.Shards)
	}
}

// A stream's records outlive a clock that jumps and is set right again.
func TestClockJump(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.put("0", "record")
	r.split(0, "1000")
	r.start()
	r.awaitAlarms(keepers)
	trimmed := func() bool { first, there := r.first(0); return !there || first > 0 }
	r.clock.Advance(1000 * time.Hour)
	for range 9 {
		r.awaitAlarms(keepers)
		r.clock.Advance(time.Minute)
	}
	r.awaitAlarms(keepers)
	if trimmed() {
		t.Fatal("a clock that jumped was believed")
	}
	r.until("the clock is doubted", 0, r.clockDoubted.Load)
	r.clock.Advance(-1000 * time.Hour)
	if trimmed() {
		t.Fatal("setting the clock right gave something up")
	}
	if got := dataOf(r.get(r.iterator("0", types.ShardIteratorTypeTrimHorizon)).Records); got != "record" {
		t.Errorf("%q", got)
	}
	r.clock.Advance(1000 * time.Hour)
	r.until("a clock that goes on is believed", time.Minute, trimmed)
}

func TestClockDoubt(t *testing.T) {
	const minute = int64(60_000)
	d := clockDoubt{lastMillis: 1000}
	now := int64(1000)
	for _, step := range []struct {
		passed int64
		want   bool
	}{
		{minute, true},
		{60 * minute, true},
		{60*minute + 1, false}, // a jump
		{9 * minute, false},
		{minute - 1, false},
		{1, true}, // confirmed
		{minute, true},
		{200 * minute, false},
		{minute, false},
		{-minute, false},       // a small correction confirms nothing
		{-200 * minute, true},  // taken back
		{minute, true},         //
		{300 * minute, false},  // another jump
		{5 * minute, false},    //
		{300 * minute, false},  // and another
		{9 * minute, false},    // counts from the last
		{minute, true},         //
		{-1000 * minute, true}, // back without a jump before: nothing is given up too early
	} {
		now += step.passed
		if got := d.believes(now); got != step.want {
			t.Errorf("%d minutes later: %v", step.passed/minute, got)
		}
	}
}

// Streams without anything past retention cost the log nothing.
func TestJanitorLeavesYoungStreamsAlone(t *testing.T) {
	calls := &countedLog{}
	r := newRig(t, 1, rigOptions{wrap: func(l storage.Log) storage.Log { calls.Log = l; return calls }})
	r.put("0", "record")
	ok(t, r.expire(r.nowMillis()+24*3600_000))
	if calls.trims != 0 {
		t.Errorf("%d trims", calls.trims)
	}
	ok(t, r.expire(r.nowMillis()+24*3600_000+1))
	if calls.trims != 1 {
		t.Errorf("%d trims", calls.trims)
	}
	_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: &testRef.Name})
	ok(t, err)
	ok(t, r.expire(r.nowMillis()+100*24*3600_000))
	if calls.trims != 1 {
		t.Errorf("%d trims", calls.trims)
	}
}

// countedLog counts trims.
type countedLog struct {
	storage.Log
	trims int
}

func (l *countedLog) Trim(ctx context.Context, id storage.StreamID, beforeMillis int64) error {
	l.trims++
	return l.Log.Trim(ctx, id, beforeMillis)
}
