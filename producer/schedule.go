package producer

import (
	"container/heap"
	"time"
)

const (
	// shardFlushBytes is how much may wait for one shard before it is sent without
	// waiting for more, as in the KPL.
	shardFlushBytes = 256 << 10
	// early is the share of RecordMaxBufferedTime by which an aggregate may be
	// sent too early, so as to go along with another; at most earlyMost.
	early     = 5
	earlyMost = 50 * time.Millisecond
	// sweeps is how often in a RecordTTL what has expired is looked for.
	sweeps = 20
)

// schedule sends what is due, until the producer is closed. All decisions are
// made here, in one goroutine, woken by time and by wakeUp.
func (p *Producer) schedule() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		p.mu.Lock()
		now := time.Now()
		expired := p.sweepLocked(now)
		p.wakeLocked(now)
		p.sealLocked(now)
		for b := p.collectLocked(now); b != nil; b = p.collectLocked(now) {
			p.mu.requests++
			p.wg.Go(func() { p.send(b) })
		}
		p.mu.due = p.mu.due && len(p.mu.ready) > 0
		p.mu.wanting = p.wantingLocked()
		next, timed := p.nextLocked()
		p.mu.Unlock()
		p.deliver(expired)
		timer.Stop()
		if timed {
			timer.Reset(time.Until(next))
		}
		select {
		case <-timer.C:
		case <-p.kick:
		case <-p.ctx.Done():
			return
		}
	}
}

// wakeUp has the scheduler look again.
func (p *Producer) wakeUp() {
	select {
	case p.kick <- struct{}{}:
	default: // it will look anyway
	}
}

// nextLocked returns when there is something to do, if time alone brings it.
func (p *Producer) nextLocked() (next time.Time, timed bool) {
	consider := func(t time.Time) {
		if !timed || t.Before(next) {
			next, timed = t, true
		}
	}
	if q := p.firstWaitingLocked(); q != nil && p.mu.requests < p.config.maxConnections {
		consider(p.deadline(q))
	}
	if len(p.mu.blocked) > 0 {
		consider(p.mu.blocked[0].wakeAt)
	}
	if p.mu.buffer.records > 0 {
		consider(p.mu.sweepAt)
	}
	if at := p.mu.shards.refreshAt; !at.IsZero() {
		consider(at)
	}
	return next, timed
}

// firstWaitingLocked returns the oldest parcel that has not been sent yet.
func (p *Producer) firstWaitingLocked() *parcel {
	for len(p.mu.waiting) > 0 && p.mu.waiting[0].left {
		p.mu.waiting[0] = nil
		p.mu.waiting = p.mu.waiting[1:]
	}
	if len(p.mu.waiting) == 0 {
		p.mu.waiting = nil
		return nil
	}
	return p.mu.waiting[0]
}

// wakeLocked lets go what was blocked until now.
func (p *Producer) wakeLocked(now time.Time) {
	for len(p.mu.blocked) > 0 && !p.mu.blocked[0].wakeAt.After(now) {
		p.arrangeLocked(p.mu.blocked[0], now)
	}
	if at := p.mu.shards.refreshAt; !at.IsZero() && !at.After(now) {
		p.refreshLocked()
	}
}

// sealLocked finds out whether something is due, and ends the aggregates that
// are then to be sent. While no request can be made they may as well grow.
func (p *Producer) sealLocked(now time.Time) {
	first := p.firstWaitingLocked()
	if first == nil {
		p.mu.flush = false
	}
	if first == nil || p.mu.requests >= p.config.maxConnections {
		return
	}
	// Who waits for room is not helped by what lingers.
	idle := p.mu.requests == 0 && len(p.mu.ready) == 0 && len(p.mu.blocked) == 0
	all := p.mu.flush || idle && len(p.mu.buffer.waiters) > 0
	p.mu.flush = false
	if !all && p.deadline(first).After(now) {
		return
	}
	p.mu.due = true
	limit := now.Add(min(p.config.recordMaxBufferedTime/early, earlyMost))
	for len(p.mu.waiting) > 0 && (all || !p.deadline(p.mu.waiting[0]).After(limit)) {
		q := p.mu.waiting[0]
		p.mu.waiting[0] = nil
		p.mu.waiting = p.mu.waiting[1:]
		if !q.sealed {
			p.sealParcelLocked(q, now)
		}
	}
}

// deadline is when a parcel is due.
func (p *Producer) deadline(q *parcel) time.Time {
	return q.arrival.Add(p.config.recordMaxBufferedTime)
}

// sealParcelLocked moves an aggregate from where it is filled to its shard's
// queue.
func (p *Producer) sealParcelLocked(q *parcel, now time.Time) {
	q.sealed = true
	q.shard.filling = nil
	p.pushLocked(q.shard, q, now)
}

// pushLocked puts a parcel at the end of a shard's queue.
func (p *Producer) pushLocked(s *shard, q *parcel, now time.Time) {
	s.push(q)
	p.arrangeLocked(s, now)
	p.mu.wanting.count--
	p.mu.wanting.bytes -= q.bytes()
	if s.queueBytes >= shardFlushBytes {
		p.mu.due = true
		p.mu.wanting.bytes = 0
	}
	if p.mu.wanting.count <= 0 || p.mu.wanting.bytes <= 0 {
		p.wakeUp()
	}
}

// arrangeLocked puts a shard into the place where it belongs now.
func (p *Producer) arrangeLocked(s *shard, now time.Time) {
	to := idle
	switch {
	case len(s.queue) == 0:
	case s.suspect, p.config.inOrder && (s.underWay > 0 || !s.mayBegin()):
		to = stopped
	case s.notBefore.After(now):
		to, s.wakeAt = blocked, s.notBefore
	default:
		to = ready
	}
	p.moveLocked(s, to)
}

// settledLocked puts a shard into its place after something that was on its way
// there has arrived, and those that had to wait for that.
func (p *Producer) settledLocked(s *shard, now time.Time) {
	p.arrangeLocked(s, now)
	if !p.config.inOrder {
		return
	}
	p.mu.due = true
	if !s.gone && s != p.mu.anywhere || !s.done() {
		return
	}
	for _, heir := range p.mu.shards.sorted {
		if len(heir.after) > 0 {
			p.arrangeLocked(heir, now)
		}
	}
}

// moveLocked puts a shard into a place. In ready it keeps its turn.
func (p *Producer) moveLocked(s *shard, to place) {
	if s.place == to && to != blocked {
		return
	}
	switch s.place {
	case ready:
		p.mu.ready = remove(p.mu.ready, s)
	case blocked:
		heap.Remove(&p.mu.blocked, s.heapIndex)
		p.mu.due = true // what was held up has waited long enough
	}
	s.place = to
	switch to {
	case ready:
		p.mu.ready = append(p.mu.ready, s)
	case blocked:
		heap.Push(&p.mu.blocked, s)
	}
}

// remove takes a shard out of a list in which it is mostly the first.
func remove(list []*shard, s *shard) []*shard {
	for i, other := range list {
		if other == s {
			if i == 0 {
				list[0] = nil
				return list[1:]
			}
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// mayBegin reports whether the shards before this one are done.
func (s *shard) mayBegin() bool {
	for len(s.after) > 0 && s.after[0].done() {
		s.after = s.after[1:]
	}
	return len(s.after) == 0
}

// sweepLocked fails what has expired in the queues, from time to time.
func (p *Producer) sweepLocked(now time.Time) (expired []finished) {
	if now.Before(p.mu.sweepAt) {
		return nil
	}
	p.mu.sweepAt = now.Add(max(p.config.recordTTL/sweeps, time.Millisecond))
	for _, s := range p.allShardsLocked() {
		for len(s.queue) > 0 && p.expired(s.queue[0], now) {
			expired = append(expired, p.expireLocked(s.pop()))
		}
		if s.filling != nil && p.expired(s.filling, now) {
			s.filling.sealed = true
			expired = append(expired, p.expireLocked(s.filling))
			s.filling = nil
		}
		p.arrangeLocked(s, now)
	}
	return append(expired, p.sweepMapLocked(now)...)
}

func (p *Producer) expired(q *parcel, now time.Time) bool {
	return !now.Before(q.arrival.Add(p.config.recordTTL))
}
