// Package limiter counts calls per second for many keys at once, in memory
// that follows the keys in use.
package limiter

import (
	"sync"
	"time"
)

// minSweep is how many buckets are kept before idle ones are looked for.
const minSweep = 1024

// Limiter holds one token bucket per key. A bucket holds a second's worth of
// its rate and fills continuously; a key that was not used for a second is
// forgotten in time, for its bucket is full. The zero value is ready to use,
// and all methods may be called concurrently.
type Limiter[K comparable] struct {
	mu struct {
		sync.Mutex
		buckets map[K]*bucket
		sweepAt int // number of buckets at which idle ones are dropped
	}
}

// bucket is one key's.
type bucket struct {
	perSecond float64
	tokens    float64 // up to perSecond
	filled    time.Time
}

// fill adds the tokens of the time since the last fill. A clock that was set
// back adds none, and the bucket goes on from there.
func (b *bucket) fill(now time.Time) {
	passed := now.Sub(b.filled)
	b.filled = now
	if passed > 0 {
		b.tokens = min(b.perSecond, b.tokens+b.perSecond*passed.Seconds())
	}
}

// Take reports whether the key may be used once more at the time now, and
// counts that if so. The rate, at least 1, is that of the key's first use, until
// it is forgotten.
func (l *Limiter[K]) Take(key K, perSecond float64, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.mu.buckets[key]
	if b == nil {
		if len(l.mu.buckets) >= l.mu.sweepAt {
			l.sweepLocked(now)
		}
		b = &bucket{perSecond: perSecond, tokens: perSecond, filled: now}
		l.mu.buckets[key] = b
	}
	b.fill(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// sweepLocked forgets the keys whose buckets are full. The next sweep comes
// when as many are there again, so that its cost is shared by as many new keys.
func (l *Limiter[K]) sweepLocked(now time.Time) {
	if l.mu.buckets == nil {
		l.mu.buckets = make(map[K]*bucket)
	}
	for key, b := range l.mu.buckets {
		if b.fill(now); b.tokens == b.perSecond {
			delete(l.mu.buckets, key)
		}
	}
	l.mu.sweepAt = max(minSweep, 2*len(l.mu.buckets))
}
