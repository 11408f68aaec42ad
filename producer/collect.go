package producer

import (
	"math"
	"time"
)

// batch is one PutRecords request.
type batch struct {
	parcels []*parcel
	bytes   int
}

// fits reports whether one more parcel of this size fits; a large one fits into
// an empty batch, and so does one that is to be alone.
func (c *config) fits(b *batch, q *parcel, bytes int) bool {
	if len(b.parcels) == 0 {
		return true
	}
	return !q.alone && !b.parcels[0].alone && len(b.parcels) < c.collectionMaxCount && b.bytes+bytes <= c.collectionMaxSize
}

// collectLocked takes the parcels of one request from the shards that are
// ready, each in its turn. It returns nil when nothing is to be sent now: when
// too many requests are under way, or nothing is due and too little there.
func (p *Producer) collectLocked(now time.Time) *batch {
	if p.mu.requests >= p.config.maxConnections || len(p.mu.ready) == 0 || !p.mu.due && !p.wantingLocked().none() {
		return nil
	}
	b := new(batch)
	for turns := len(p.mu.ready); turns > 0; turns-- {
		s := p.mu.ready[0]
		full := p.takeLocked(b, s, now)
		if full && len(b.parcels) > 0 {
			break
		}
	}
	if len(b.parcels) == 0 {
		return nil
	}
	return b
}

// amount is how much is missing until a request is worth making.
type amount struct{ count, bytes int }

func (a amount) none() bool { return a.count <= 0 || a.bytes <= 0 }

// wantingLocked returns what is missing besides what is ready. While no request
// can be made nothing is.
func (p *Producer) wantingLocked() amount {
	if p.mu.requests >= p.config.maxConnections {
		return amount{math.MaxInt, math.MaxInt} // one that ends wakes the scheduler
	}
	want := amount{p.config.collectionMaxCount, p.config.collectionMaxSize}
	for _, s := range p.mu.ready {
		want.count -= len(s.queue)
		want.bytes -= s.queueBytes
		if want.none() {
			break
		}
	}
	return want
}

// takeLocked moves parcels of the first ready shard into a batch, as many as the
// shard may take now, and reports whether the batch is full. The shard gets its
// new place, at the end of the line if it is still ready.
func (p *Producer) takeLocked(b *batch, s *shard, now time.Time) (full bool) {
	p.moveLocked(s, stopped)
	for len(s.queue) > 0 {
		q := s.queue[0]
		size := q.bytes()
		if full = !p.config.fits(b, q, size); full {
			break
		}
		if s != p.mu.anywhere {
			if wait := s.bucket.take(size, p.config.rateLimit, now); wait > 0 {
				s.notBefore = now.Add(wait)
				break
			}
		}
		s.pop()
		s.underWay++
		q.left = true
		b.parcels, b.bytes = append(b.parcels, q), b.bytes+size
		if p.config.inOrder {
			break
		}
	}
	p.arrangeLocked(s, now)
	return full
}
