package kinesis

import (
	"container/heap"
	"time"
)

// alarm is when a subscription is to be looked at. Every active subscription
// has one.
type alarm struct {
	of    *Subscription
	due   time.Time
	place int // in alarms; -1 when it is not among them
}

// alarms is a heap by due time. One goroutine thus keeps the time of all
// subscriptions, however many, and one of them costs no timer of its own.
type alarms []*alarm

// set adds the alarm of u, and reports whether it is the first to come.
func (s *alarms) set(u *Subscription, due time.Time) bool {
	u.ring = alarm{of: u, due: due}
	heap.Push(s, &u.ring)
	return u.ring.place == 0
}

// cancel takes the alarm of u away, if it is there.
func (s *alarms) cancel(u *Subscription) {
	if u.ring.of != nil && u.ring.place >= 0 {
		heap.Remove(s, u.ring.place)
	}
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (s alarms) Len() int           { return len(s) }
func (s alarms) Less(i, j int) bool { return s[i].due.Before(s[j].due) }

func (s alarms) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

func (s *alarms) Push(a any) {
	a.(*alarm).place = len(*s)
	*s = append(*s, a.(*alarm))
}

func (s *alarms) Pop() any {
	last := len(*s) - 1
	a := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	a.place = -1
	return a
}
