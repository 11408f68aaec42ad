package disklog

import (
	"sync"
	"sync/atomic"
)

// unflushed is the set of shard logs with records that only the journal holds.
type unflushed struct {
	bytes atomic.Int64 // memory of their chunks

	// mu comes after a shard's mu.
	mu struct {
		sync.Mutex
		shards map[*shard]struct{}
		// large says that one of them has enough for an extent of its own.
		large bool
	}
}

// add accounts for a chunk of s, which is new in the set when isNew.
func (u *unflushed) add(s *shard, bytes int64, isNew bool) {
	u.bytes.Add(bytes)
	if isNew {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.mu.shards == nil {
			u.mu.shards = make(map[*shard]struct{})
		}
		u.mu.shards[s] = struct{}{}
	}
}

func (u *unflushed) sub(bytes int64) { u.bytes.Add(-bytes) }

// forget takes out a shard that has nothing more.
func (u *unflushed) forget(s *shard) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.mu.shards, s)
}

func (u *unflushed) setLarge() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.mu.large = true
}

// due reports whether memory is a reason to flush.
func (u *unflushed) due(memoryBytes int64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.mu.large || u.bytes.Load() > memoryBytes/2
}

// list returns the shards of the set, and clears large: who lists them looks
// at them all.
func (u *unflushed) list() []*shard {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.mu.large = false
	shards := make([]*shard, 0, len(u.mu.shards))
	for s := range u.mu.shards {
		shards = append(shards, s)
	}
	return shards
}
