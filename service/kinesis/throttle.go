package kinesis

import (
	"sync"
	"time"

	"github.com/leat-io/leat/storage"
)

// What one shard gives in a second under the limits of AWS (spec data-streams
// §13.3, §14.2, §20.2).
const (
	shardWriteRecords = 1000
	shardWriteBytes   = 1 << 20
	shardReadCalls    = 5
	shardReadBytes    = 2 << 20
	shardIterators    = 5
)

// A bucket holds tokens: it fills at its rate and has room for one second's
// worth. It may owe tokens, which is how what is larger than the bucket gets
// through.
type bucket struct {
	perSecond float64
	spent     float64 // perSecond when empty, more when owing, 0 when full
}

// fill adds the tokens of the time that passed.
func (b *bucket) fill(passed time.Duration) {
	b.spent = max(0, b.spent-b.perSecond*passed.Seconds())
}

// has reports whether n tokens can be taken: they are there, or n is more than
// the bucket can hold and it owes nothing. Whoever needs more than a second's
// worth thus waits for the debt of those before it, and the average holds.
func (b *bucket) has(n float64) bool {
	if n > b.perSecond {
		return b.spent <= b.perSecond
	}
	return b.spent+n <= b.perSecond
}

// shardBuckets are those of one shard.
type shardBuckets struct {
	filled                  time.Time
	writeRecords, writeData bucket
	readCalls, readData     bucket
	iterators               bucket
	// refusedIn is the last put batch that had a record refused. The records
	// of the shard that come later in that batch are refused too, so that none
	// overtakes (spec data-streams §13.2).
	refusedIn uint64
}

func newShardBuckets(now time.Time) *shardBuckets {
	return &shardBuckets{
		filled:       now,
		writeRecords: bucket{perSecond: shardWriteRecords},
		writeData:    bucket{perSecond: shardWriteBytes},
		readCalls:    bucket{perSecond: shardReadCalls},
		readData:     bucket{perSecond: shardReadBytes},
		iterators:    bucket{perSecond: shardIterators},
	}
}

// fill brings all buckets to the time now. A clock that was set back fills
// nothing, and starts from there.
func (s *shardBuckets) fill(now time.Time) {
	passed := now.Sub(s.filled)
	s.filled = now
	if passed <= 0 {
		return
	}
	for _, b := range [...]*bucket{&s.writeRecords, &s.writeData, &s.readCalls, &s.readData, &s.iterators} {
		b.fill(passed)
	}
}

// full reports whether the buckets are as new ones are.
func (s *shardBuckets) full() bool {
	return s.writeRecords.spent+s.writeData.spent+s.readCalls.spent+s.readData.spent+s.iterators.spent == 0
}

// minSweep is how many shards a throttle remembers before it looks for idle
// ones: some 200 KiB.
const minSweep = 1024

// throttle holds shards to the rates of AWS. It remembers those that were used
// in the last seconds, for a full bucket need not be remembered. It is safe for
// concurrent use; its zero value is ready.
type throttle struct {
	mu struct {
		sync.Mutex
		shards  map[storage.ShardKey]*shardBuckets
		sweepAt int    // number of shards
		batches uint64 // put batches begun
	}
}

// shardLocked returns the shard's buckets, filled up to now. Requires t.mu.
func (t *throttle) shardLocked(key storage.ShardKey, now time.Time) *shardBuckets {
	s := t.mu.shards[key]
	if s != nil {
		s.fill(now)
		return s
	}
	if len(t.mu.shards) >= t.mu.sweepAt {
		t.sweepLocked(now)
	}
	s = newShardBuckets(now)
	t.mu.shards[key] = s
	return s
}

// sweepLocked forgets idle shards. The next sweep comes when as many again are
// remembered as were left, so its cost is shared by as many insertions.
// Requires t.mu.
func (t *throttle) sweepLocked(now time.Time) {
	if t.mu.shards == nil {
		t.mu.shards = make(map[storage.ShardKey]*shardBuckets)
	}
	for key, s := range t.mu.shards {
		if s.fill(now); s.full() {
			delete(t.mu.shards, key)
		}
	}
	t.mu.sweepAt = max(minSweep, 2*len(t.mu.shards))
}

// beginBatch takes the lock for one put batch; endBatch must follow. Between
// them, takePut decides about its records in order.
func (t *throttle) beginBatch() {
	t.mu.Lock()
	t.mu.batches++
}

func (t *throttle) endBatch() { t.mu.Unlock() }

// takePut reports whether the shard takes a record of so many bytes, and
// charges it. Requires beginBatch.
func (t *throttle) takePut(key storage.ShardKey, bytes int, now time.Time) bool {
	s := t.shardLocked(key, now)
	if s.refusedIn == t.mu.batches || !s.writeRecords.has(1) || !s.writeData.has(float64(bytes)) {
		s.refusedIn = t.mu.batches
		return false
	}
	s.writeRecords.spent++
	s.writeData.spent += float64(bytes)
	return true
}

// takeIterator reports whether the shard gives another iterator.
func (t *throttle) takeIterator(key storage.ShardKey, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.shardLocked(key, now)
	if !s.iterators.has(1) {
		return false
	}
	s.iterators.spent++
	return true
}

// takeRead reports whether the shard serves another GetRecords call: one of
// the second's calls is left, and what earlier calls returned is paid for.
func (t *throttle) takeRead(key storage.ShardKey, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.shardLocked(key, now)
	if !s.readCalls.has(1) || s.readData.spent > s.readData.perSecond {
		return false
	}
	s.readCalls.spent++
	return true
}

// chargeRead charges what a call returned, however much it was.
func (t *throttle) chargeRead(key storage.ShardKey, bytes int, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shardLocked(key, now).readData.spent += float64(bytes)
}
