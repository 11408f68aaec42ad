package disklog

import (
	"fmt"
	"math"
	"sort"
	"sync"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
)

// shard is one shard log. An idle one takes 128 bytes.
type shard struct {
	key storage.ShardKey // immutable

	// assigned is how far the committer has handed out offsets and arrival
	// times, durable or not yet. Owned by the committer.
	assigned struct {
		next   storage.Offset
		millis int64
	}

	// mu is held for a few instructions at a time, never over I/O. Only the
	// committer changes what it guards, so the committer reads without it.
	mu         sync.Mutex
	first      storage.Offset // lowest offset not trimmed
	next       storage.Offset // one above the highest that is readable
	lastMillis int64          // arrival of the newest record ever
	closed     bool
	deleted    bool
	// fresh is the place of the newest chunk in the committer's list, from 1 on,
	// when it has records of the commit being built. Owned by the committer.
	fresh uint32
	tail  tail
	// extents are consecutive and end where the tail's unflushed chunks
	// begin. The elements are never changed in place: a snapshot being written
	// shares them.
	extents []extent.Meta
	// changed is closed at the next change that a Wait looks for; nil when
	// nobody waits.
	changed chan struct{}
}

// flushedLocked returns the offset below which every record is in an extent,
// or trimmed.
func (s *shard) flushedLocked() storage.Offset {
	if c := s.tail.unflushed(); len(c) > 0 {
		return c[0].first
	}
	return s.next
}

// unfitLocked says why m cannot be the shard log's next extent, or nothing.
func (s *shard) unfitLocked(m extent.Meta) string {
	switch n := len(s.extents); {
	case n > 0 && m.First != s.extents[n-1].Last+1:
		return fmt.Sprintf("it does not follow on offset %d", s.extents[n-1].Last)
	case m.First > max(s.first, s.flushedLocked()):
		return fmt.Sprintf("records from %d on are in no extent", max(s.first, s.flushedLocked()))
	case m.Last >= s.next:
		return fmt.Sprintf("records reach up to %d only", s.next)
	}
	return ""
}

// wakeLocked ends the waits of everybody who looks for a change.
func (s *shard) wakeLocked() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// findExtentLocked returns the index of the first extent with a record at or
// after the offset that arrived at or after millis.
func (s *shard) findExtentLocked(offset storage.Offset, millis int64) int {
	return sort.Search(len(s.extents), func(i int) bool {
		return s.extents[i].Last >= offset && s.extents[i].LastMillis >= millis
	})
}

// gone reports whether an extent was given up since it was found, with its
// records or for another extent that holds them. Who fails to read it asks: a
// hole may have taken its place.
func (s *shard) gone(m extent.Meta) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.findExtentLocked(m.First, math.MinInt64)
	return i == len(s.extents) || placeOf(s.extents[i]) != placeOf(m)
}

// table holds the shard logs. It is changed by the committer only, which holds
// mu meanwhile; the committer reads it without.
type table struct {
	mu      sync.RWMutex
	streams map[storage.StreamID]*streamLogs
}

// streamLogs are the shard logs of a stream.
type streamLogs struct {
	class extent.Class // where the stream's extents go
	// shards has the shard log of index i at i; nil where there is none.
	shards []*shard
	count  int // of shards that are not nil
}

// shard returns the shard log at the index, nil when there is none.
func (s *streamLogs) shard(index uint32) *shard {
	if s == nil || int64(index) >= int64(len(s.shards)) {
		return nil
	}
	return s.shards[index]
}

// get returns the shard log, nil when there is none. Requires t.mu, or the
// committer.
func (t *table) get(key storage.ShardKey) *shard { return t.streams[key.Stream].shard(key.Shard) }

// lookup returns the shard log, or ErrNotFound.
func (t *table) lookup(key storage.ShardKey) (*shard, error) {
	t.mu.RLock()
	s := t.get(key)
	t.mu.RUnlock()
	if s == nil {
		return nil, fmt.Errorf("shard log %v: %w", key, storage.ErrNotFound)
	}
	return s, nil
}

// openLocked adds an empty shard log. It exists already only through a bug of
// the machine that asked for it, which would lose records if it were obeyed.
func (t *table) openLocked(key storage.ShardKey) *shard {
	st := t.streamLocked(key.Stream)
	if st.shard(key.Shard) != nil {
		panic(fmt.Sprintf("BUG: a command opens shard log %v, which exists", key))
	}
	for int64(len(st.shards)) <= int64(key.Shard) {
		st.shards = append(st.shards, nil)
	}
	s := &shard{key: key}
	st.shards[key.Shard] = s
	st.count++
	return s
}

// streamLocked returns the shard logs of the stream, made when there are none.
func (t *table) streamLocked(id storage.StreamID) *streamLogs {
	st := t.streams[id]
	if st == nil {
		st = &streamLogs{class: extent.Class1d}
		t.streams[id] = st
	}
	return st
}

// removeLocked takes the shard log out of the table.
func (t *table) removeLocked(key storage.ShardKey) *shard {
	st := t.streams[key.Stream]
	s := st.shard(key.Shard)
	if s == nil {
		return nil
	}
	st.shards[key.Shard] = nil
	if st.count--; st.count == 0 {
		delete(t.streams, key.Stream)
	}
	return s
}

// all returns every shard log by stream and index. Requires t.mu, or the
// committer.
func (t *table) all() []*shard {
	ids := make([]storage.StreamID, 0, len(t.streams))
	n := 0
	for id, st := range t.streams {
		ids = append(ids, id)
		n += st.count
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	all := make([]*shard, 0, n)
	for _, id := range ids {
		for _, s := range t.streams[id].shards {
			if s != nil {
				all = append(all, s)
			}
		}
	}
	return all
}
