package cloudwatch

import (
	"container/heap"
	"container/list"
	"time"
)

// account has the metrics of one AWS account, of all regions. There is none
// without a metric.
type account struct {
	name    string
	metrics map[string]*metric // by key
	byPut   *list.List         // of them, the one that was put longest ago first
	bytes   int                // what it takes
	place   int                // in Service.largest
}

// accounts is a heap, of which the first takes most.
type accounts []*account

func (a accounts) Len() int           { return len(a) }
func (a accounts) Less(i, j int) bool { return a[i].bytes > a[j].bytes }
func (a accounts) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].place, a[j].place = i, j
}

// Push implements heap.Interface.
func (a *accounts) Push(x any) {
	one := x.(*account)
	one.place = len(*a)
	*a = append(*a, one)
}

// Pop implements heap.Interface.
func (a *accounts) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// metricLocked returns the metric, made if there is none, as the one of its
// account that was put last. Requires s.mu.
func (s *Service) metricLocked(id identity, now time.Time) *metric {
	a, ok := s.accounts[id.account]
	if !ok {
		a = &account{name: id.account, metrics: map[string]*metric{}, byPut: list.New()}
		s.accounts[a.name] = a
		heap.Push(&s.largest, a)
		s.growLocked(a, accountBytes)
	}
	key := id.key()
	m, ok := a.metrics[key]
	if ok {
		a.byPut.MoveToBack(m.place)
	} else {
		m = &metric{identity: id, key: key, account: a}
		m.place = a.byPut.PushBack(m)
		a.metrics[key] = m
		s.growLocked(a, m.bytes())
	}
	m.putMillis = now.UnixMilli()
	return m
}

// growLocked counts that an account takes so many bytes more. Requires s.mu.
func (s *Service) growLocked(a *account, bytes int) {
	a.bytes += bytes
	s.bytes += bytes
	heap.Fix(&s.largest, a.place)
}

// removeLocked forgets a metric, and its account with the last. Requires s.mu.
func (s *Service) removeLocked(m *metric) {
	a := m.account
	a.byPut.Remove(m.place)
	delete(a.metrics, m.key)
	s.series -= len(m.totals)
	s.growLocked(a, -m.bytes())
	if len(a.metrics) == 0 {
		heap.Remove(&s.largest, a.place)
		delete(s.accounts, a.name)
		s.bytes -= a.bytes
	}
}

// evictLocked lets metrics go until the rest is within the bound: always of the
// account that takes most, so that nobody loses any to an account that takes
// less, and of that one the metric that was put longest ago. Requires s.mu.
func (s *Service) evictLocked() {
	for s.bytes > s.maxBytes {
		s.removeLocked(s.largest[0].byPut.Front().Value.(*metric))
		s.evicted++
	}
}

// expireLocked forgets the metrics of an account that were not put for long.
// Requires s.mu.
func (s *Service) expireLocked(a *account, now time.Time) {
	horizon := now.Add(-retention).UnixMilli()
	for len(a.metrics) > 0 {
		m := a.byPut.Front().Value.(*metric)
		if m.putMillis >= horizon {
			return
		}
		s.removeLocked(m)
	}
}

// metricsLocked returns the metrics of an account that are not too old, by key.
// Requires s.mu.
func (s *Service) metricsLocked(name string, now time.Time) map[string]*metric {
	a, ok := s.accounts[name]
	if !ok {
		return nil
	}
	s.expireLocked(a, now)
	return a.metrics
}
