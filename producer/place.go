package producer

import (
	"time"

	"github.com/leat-io/leat/stream"
)

// placeLocked puts a user record where it is to wait: into the aggregate of its
// shard, or alone where there is no such thing.
func (p *Producer) placeLocked(r Record, hashKey stream.HashKey, done func(Result), room int) {
	p.mu.epoch.open++
	s, known := p.predictLocked(hashKey)
	switch {
	case !known:
		q := newLone(r, hashKey, done, room)
		q.arrival, q.epoch = time.Now(), p.mu.epoch
		p.mu.shards.unplaced = append(p.mu.shards.unplaced, q)
	case p.config.aggregation && s != p.mu.anywhere:
		p.aggregateLocked(s, r, hashKey, done, room)
	default:
		now := time.Now()
		q := newLone(r, hashKey, done, room)
		q.epoch = p.mu.epoch
		p.awaitLocked(q, now)
		p.pushLocked(s, q, now)
	}
}

// aggregateLocked adds a user record to the aggregate of its shard, and begins a
// new one where it does not fit.
func (p *Producer) aggregateLocked(s *shard, r Record, hashKey stream.HashKey, done func(Result), room int) {
	q := s.filling
	if q == nil || q.epoch != p.mu.epoch || !q.add(r) {
		now := time.Now()
		if q != nil {
			p.sealParcelLocked(q, now)
		}
		q = p.config.newAggregate()
		q.shard, q.epoch = s, p.mu.epoch
		q.add(r)
		s.filling = q
		p.awaitLocked(q, now)
	}
	q.note(r, hashKey, done, room)
	if q.full(&p.config) {
		p.sealParcelLocked(q, time.Now())
	}
}

// awaitLocked has a new parcel sent when its time has come.
func (p *Producer) awaitLocked(q *parcel, now time.Time) {
	q.arrival = now
	if p.firstWaitingLocked() == nil {
		p.wakeUp() // for it has no deadline to wait for
	}
	p.mu.waiting = append(p.mu.waiting, q)
}

// regroupLocked finds new places for parcels that cannot go where they were
// predicted to, and puts them at the beginning of the queues there, or at the
// end. User records that still go together stay together; those that do not are
// parted. Their order stays.
func (p *Producer) regroupLocked(parcels []*parcel, front bool, now time.Time) {
	g := grouping{p: p, last: map[*shard]*parcel{}, queues: map[*shard][]*parcel{}}
	for _, q := range parcels {
		q.encode()
		if s, known := p.predictLocked(q.low); known && q.staysWhole(s, p.config.aggregation && s != p.mu.anywhere) {
			g.whole(s, q)
			continue
		}
		q.left = true // and its user records go on in others
		for i, r := range q.records() {
			g.part(r, q, i)
		}
	}
	for _, s := range g.order {
		if front {
			s.pushFront(g.queues[s]...)
		} else {
			for _, q := range g.queues[s] {
				s.push(q)
			}
		}
		p.arrangeLocked(s, now)
	}
	if front {
		p.mu.shards.unplaced = append(g.unplaced, p.mu.shards.unplaced...)
	} else {
		p.mu.shards.unplaced = append(p.mu.shards.unplaced, g.unplaced...)
	}
	p.mu.due = true
	p.wakeUp()
}

// grouping is the work of regroupLocked.
type grouping struct {
	p      *Producer
	last   map[*shard]*parcel // takes more user records
	queues map[*shard][]*parcel
	order  []*shard // of queues, so that the same happens each time
	// unplaced are to wait for the map.
	unplaced []*parcel
}

// whole adds a parcel as it is.
func (g *grouping) whole(s *shard, q *parcel) {
	delete(g.last, s)
	g.add(s, q)
}

func (g *grouping) add(s *shard, q *parcel) {
	if g.queues[s] == nil {
		g.order = append(g.order, s)
	}
	g.queues[s] = append(g.queues[s], q)
}

// part adds the i-th user record of a parcel.
func (g *grouping) part(r Record, from *parcel, i int) {
	p := g.p
	hashKey, err := r.HashKey()
	if err != nil {
		panic("BUG: a record of our own has keys that cannot be: " + err.Error())
	}
	room := from.room
	if len(from.users) > 1 {
		room = roomOf(r)
	}
	s, known := p.predictLocked(hashKey)
	if !known || !p.config.aggregation || s == p.mu.anywhere {
		q := newLone(r, hashKey, from.users[i], room)
		q.inherit(from)
		if known {
			g.add(s, q)
		} else {
			g.unplaced = append(g.unplaced, q)
		}
		return
	}
	q := g.last[s]
	if q == nil || !q.sharesPast(from) || !q.add(r) {
		q = p.config.newAggregate()
		q.sealed, q.shard = true, s
		q.inherit(from)
		q.add(r)
		g.last[s] = q
		g.add(s, q)
	}
	q.note(r, hashKey, from.users[i], room)
}

// staysWhole reports whether a parcel may go to the shard s as it is: an
// aggregate if all of it belongs there, a lone user record if it has no others to
// join.
func (q *parcel) staysWhole(s *shard, aggregates bool) bool {
	if len(q.users) == 1 {
		return !aggregates
	}
	return aggregates && q.coveredBy(s.owns)
}

// inherit takes over what has happened to a parcel whose user records q gets.
func (q *parcel) inherit(from *parcel) {
	q.arrival, q.epoch, q.lastErr, q.alone = from.arrival, from.epoch, from.lastErr, from.alone
	q.attempts = from.attempts[:len(from.attempts):len(from.attempts)]
}

// sharesPast reports whether q can take user records of another parcel and
// still tell the truth about their attempts, and to the flush that waits for
// them.
func (q *parcel) sharesPast(from *parcel) bool {
	if q.epoch != from.epoch || len(q.attempts) != len(from.attempts) {
		return false
	}
	return len(q.attempts) == 0 || &q.attempts[0] == &from.attempts[0]
}
