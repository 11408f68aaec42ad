package kinesis

import (
	"container/heap"
	"sync"
	"time"

	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/limiter"
)

// fanOutBytes is what one consumer gets of a shard in a second under the limits
// of AWS (spec data-streams §20.2).
const fanOutBytes = 2 << 20

// subscriptionKey names what has one active subscription at a time.
type subscriptionKey struct {
	consumer uint64 // catalog.Consumer's ID
	shard    uint32
}

// slot is the place of a consumer's subscription to a shard.
type slot struct {
	active *Subscription // nil when it has ended
	begun  time.Time     // the last one
	// limited says that the slot stays for a while when the subscription has
	// ended. data is then what was pushed, filled up to a time.
	limited bool
	data    bucket
	filled  time.Time
}

// idle reports whether the slot says no more than a new one would.
func (s *slot) idle(now time.Time) bool {
	s.fill(now)
	return s.active == nil && now.Sub(s.begun) >= takeoverAge && s.data.spent == 0
}

func (s *slot) fill(now time.Time) {
	if passed := now.Sub(s.filled); passed > 0 {
		s.data.fill(passed)
	}
	s.filled = now
}

// subscriptions are the active ones of a service, and under limits those that
// have ended a moment ago. Locks: its mu comes before those of the catalog and
// of a Subscription.
type subscriptions struct {
	calls limiter.Limiter[subscriptionKey]
	// sooner has a value when an alarm was set that is due before all others.
	sooner chan struct{}

	mu struct {
		sync.Mutex
		slots   map[subscriptionKey]*slot
		sweepAt int // number of slots at which idle ones are dropped
		alarms  alarms
		stopped bool // EndSubscriptions was called
	}
}

func newSubscriptions() *subscriptions {
	s := &subscriptions{sooner: make(chan struct{}, 1)}
	s.mu.slots = make(map[subscriptionKey]*slot)
	return s
}

// begin gives u its place, which it takes from another that is old enough. The
// error is for the caller of SubscribeToShard.
func (s *subscriptions) begin(u *Subscription, now time.Time, limited bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.mu.slots[u.key]
	if p == nil {
		p = s.addLocked(u.key, now)
	} else if now.Sub(p.begun) < takeoverAge && (p.active != nil || limited) {
		return u.inUse()
	}
	if old := p.active; old != nil {
		s.mu.alarms.cancel(old)
		old.mu.Lock()
		old.mu.takenOver = true
		old.mu.Unlock()
		old.interrupt()
	}
	p.active, p.begun, p.limited = u, now, limited
	u.mu.spoke, u.mu.stopped = now, s.mu.stopped
	if s.mu.alarms.set(u, now.Add(maxSilence)) {
		select {
		case s.sooner <- struct{}{}:
		default:
		}
	}
	return nil
}

// addLocked adds a slot. The next look for idle ones comes when as many again
// are there as were left. Requires s.mu.
func (s *subscriptions) addLocked(key subscriptionKey, now time.Time) *slot {
	if len(s.mu.slots) >= s.mu.sweepAt {
		for k, p := range s.mu.slots {
			if p.idle(now) {
				delete(s.mu.slots, k)
			}
		}
		s.mu.sweepAt = max(minSweep, 2*len(s.mu.slots))
	}
	p := &slot{data: bucket{perSecond: fanOutBytes}, filled: now}
	s.mu.slots[key] = p
	return p
}

// end takes u's place from it, if it still has one.
func (s *subscriptions) end(u *Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.alarms.cancel(u)
	p := s.mu.slots[u.key]
	if p == nil || p.active != u {
		return
	}
	p.active = nil
	if !p.limited {
		delete(s.mu.slots, u.key)
	}
}

// charge charges u's slot for an event.
func (s *subscriptions) charge(u *Subscription, p *kinesisapi.Page, now time.Time) {
	bytes := 0
	for i := range p.Records {
		bytes += len(p.Records[i].Data) + len(p.Records[i].PartitionKey)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if place := s.mu.slots[u.key]; place != nil {
		place.fill(now)
		place.data.spent += float64(bytes)
	}
}

// debt returns how long it takes until u's slot has paid for so much that
// another full event fits into the second.
func (s *subscriptions) debt(u *Subscription, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	place := s.mu.slots[u.key]
	if place == nil {
		return 0
	}
	place.fill(now)
	over := place.data.spent - (fanOutBytes - maxEventBytes)
	if over <= 0 {
		return 0
	}
	return time.Duration(over/fanOutBytes*float64(time.Second)) + time.Nanosecond
}

// EndSubscriptions ends every subscription as 300 s would, also those that are
// begun later. It is for a server that is about to stop.
func (s *Service) EndSubscriptions() {
	subs := s.subscriptions
	subs.mu.Lock()
	defer subs.mu.Unlock()
	subs.mu.stopped = true
	for _, a := range subs.mu.alarms {
		a.of.mu.Lock()
		a.of.mu.stopped = true
		a.of.mu.Unlock()
		a.of.interrupt()
	}
}

// keepSubscriptions interrupts the waits of subscriptions that have an event
// due, have come to their end or have lost their consumer. It returns when the
// service is closed.
func (s *Service) keepSubscriptions() {
	subs := s.subscriptions
	changed := s.catalog.Changed()
	subs.interruptLost(s)      // before this goroutine came to look
	var alarm <-chan time.Time // for alarmAt
	var alarmAt time.Time
	for {
		next, any := subs.ring(s.clock.Now())
		if any && (alarm == nil || next.Before(alarmAt)) {
			alarmAt = next
			alarm = s.clock.After(next.Sub(s.clock.Now()))
			continue // the clock may have been advanced in between
		}
		select {
		case <-subs.sooner:
		case <-alarm:
			alarm = nil
		case <-changed:
			changed = s.catalog.Changed()
			subs.interruptLost(s)
		case <-s.ctx.Done():
			return
		}
	}
}

// ring interrupts the subscriptions whose time has come, and returns when the
// next one's comes, and whether there is one.
func (s *subscriptions) ring(now time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.mu.alarms) > 0 {
		a := s.mu.alarms[0]
		if now.Before(a.due) {
			return a.due, true
		}
		a.due = a.of.interruptIfDue(now)
		heap.Fix(&s.mu.alarms, 0)
	}
	return time.Time{}, false
}

// interruptIfDue interrupts when an event or the end is due, and returns when
// to look again.
func (u *Subscription) interruptIfDue(now time.Time) time.Time {
	u.mu.Lock()
	due := u.mu.spoke.Add(maxSilence)
	u.mu.Unlock()
	if u.ends.Before(due) {
		due = u.ends
	}
	if now.Before(due) {
		return due
	}
	u.interrupt()
	if due = now.Add(maxSilence); u.ends.Before(due) && now.Before(u.ends) {
		due = u.ends
	}
	return due
}

// interruptLost interrupts the subscriptions whose consumer, or stream, is not
// there any more.
func (s *subscriptions) interruptLost(service *Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.mu.alarms {
		if x, ok := service.catalog.StreamByID(a.of.log.Stream); !ok || !a.of.consumes(x) {
			a.of.interrupt()
		}
	}
}
