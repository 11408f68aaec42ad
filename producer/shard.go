package producer

import (
	"slices"
	"time"

	"github.com/leat-io/leat/stream"
)

// shard is an open shard as the producer knows it, and what is on its way there.
// Everything is guarded by Producer.mu.
type shard struct {
	id   string // empty for Producer.anywhere
	owns stream.HashKeyRange

	filling *parcel // the aggregate that takes user records, or nil
	// queue holds the parcels that are to be sent, the first one first.
	queue      []*parcel
	queueBytes int
	underWay   int // parcels that are being sent, or held until the map is known

	place     place
	wakeAt    time.Time // of a blocked one
	heapIndex int

	bucket    bucket
	failures  int       // requests in a row in which it failed
	failedAt  time.Time // when the last of them was made
	notBefore time.Time // when it may be tried again

	// suspect says that a record did not go where it was predicted. Nothing is
	// sent until the map has been read again.
	suspect   bool
	suspectAt time.Time
	gone      bool // it is not in the map any more
	// after lists the shards from which this one has taken over, and which have
	// to be done with theirs first. Only used by InOrder.
	after []*shard
}

// place is where a shard stands in the schedule.
type place byte

const (
	idle    place = iota // there is nothing to send
	ready                // in Producer.mu.ready
	blocked              // in Producer.mu.blocked, until wakeAt
	stopped              // until something happens
)

// push puts a parcel at the end of the queue.
func (s *shard) push(q *parcel) {
	q.shard = s
	s.queue = append(s.queue, q)
	s.queueBytes += q.bytes()
}

// pushFront puts parcels that were sent before at the beginning of the queue.
func (s *shard) pushFront(parcels ...*parcel) {
	s.queue = slices.Insert(s.queue, 0, parcels...)
	for _, q := range parcels {
		q.shard = s
		s.queueBytes += q.bytes()
	}
}

// pop takes the first parcel off the queue.
func (s *shard) pop() *parcel {
	q := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	s.queueBytes -= q.bytes()
	return q
}

// takeAll takes all parcels that were not sent, also the one that is filling.
func (s *shard) takeAll() []*parcel {
	all := s.queue
	if s.filling != nil {
		s.filling.sealed = true
		all = append(all, s.filling)
	}
	s.filling, s.queue, s.queueBytes = nil, nil, 0
	return all
}

// done reports whether nothing is on its way to the shard.
func (s *shard) done() bool { return s.underWay == 0 && len(s.queue) == 0 }

// Between two tries of a shard that fails are at least retryLeast, twice as much
// each time, and at most retryMost.
const (
	retryLeast = 25 * time.Millisecond
	retryMost  = 2 * time.Second
)

// fail notes that a request made at a time has failed for the shard, which is
// then left alone for a while. Several failures of one request are one.
func (s *shard) fail(made, now time.Time) {
	if s.failures > 0 && s.failedAt.Equal(made) {
		return
	}
	s.failedAt = made
	s.notBefore = now.Add(retryDelay(s.failures))
	s.failures++
}
