package kinesis

import (
	"maps"
	"sync"
)

// minMetrics is how many entries a metricsMap has before it looks for those
// whose subject is gone.
const minMetrics = 64

// metricsMap holds metrics by what they are of. Its zero value is ready, and it
// is safe for concurrent use.
type metricsMap[K comparable, M any] struct {
	mu      sync.RWMutex
	by      map[K]*M
	sweepAt int // number of entries
}

// get returns the metrics, nil when there are none yet.
func (m *metricsMap[K, M]) get(key K) *M {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.by[key]
}

// add returns the metrics, and makes them when there are none. No more are kept
// than twice as many as subjects exist, and a few.
func (m *metricsMap[K, M]) add(key K, make func() *M, exists func(K) bool) *M {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found := m.by[key]; found != nil {
		return found
	}
	if m.by == nil {
		m.by = map[K]*M{}
	}
	if len(m.by) >= m.sweepAt {
		m.sweepLocked(exists)
	}
	made := make()
	m.by[key] = made
	return made
}

// sweepLocked forgets the metrics of what does not exist. Requires m.mu.
func (m *metricsMap[K, M]) sweepLocked(exists func(K) bool) {
	maps.DeleteFunc(m.by, func(key K, _ *M) bool { return !exists(key) })
	m.sweepAt = max(minMetrics, 2*len(m.by))
}

// each forgets the metrics of what does not exist, and calls visit with the
// others.
func (m *metricsMap[K, M]) each(exists func(K) bool, visit func(K, *M)) {
	m.mu.Lock()
	m.sweepLocked(exists)
	left := maps.Clone(m.by)
	m.mu.Unlock()
	for key, metrics := range left {
		visit(key, metrics)
	}
}
