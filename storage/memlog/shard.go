package memlog

import (
	"sort"

	"github.com/leat-io/leat/storage"
)

// shard is one shard log. All of it is guarded by Log.mu. It is kept small,
// since most shards of a large stream are idle.
type shard struct {
	first, next storage.Offset
	lastMillis  int64
	closed      bool
	// chunks hold the records from some offset at or below first up to next,
	// oldest first.
	chunks []*chunk
	// changed is closed and forgotten at the next change; nil when nobody
	// waits. Made by Wait.
	changed chan struct{}
}

// add stores a copy of r and sets its Offset and ArrivalMillis.
func (s *shard) add(r *storage.Record, nowMillis int64) {
	r.Offset = s.next
	r.ArrivalMillis = max(nowMillis, s.lastMillis)
	s.tail(payloadSize(r)).add(r)
	s.next++
	s.lastMillis = r.ArrivalMillis
}

// tail returns a chunk with room for size more bytes.
func (s *shard) tail(size int) *chunk {
	want := minChunkBytes
	if n := len(s.chunks); n > 0 {
		c := s.chunks[n-1]
		if c.room() >= size {
			return c
		}
		want = min(2*cap(c.bytes), maxChunkBytes)
	}
	c := &chunk{base: s.next, bytes: make([]byte, 0, max(want, size))}
	s.chunks = append(s.chunks, c)
	return c
}

// trim gives up the records that arrived before beforeMillis and returns how
// many bytes that freed.
func (s *shard) trim(beforeMillis int64) (freed int64) {
	s.first = max(s.first, s.offsetAt(beforeMillis))
	drop := 0
	for _, c := range s.chunks {
		if c.end() > s.first {
			break
		}
		freed += c.size()
		drop++
	}
	if drop > 0 {
		// A new slice, so that the old array does not keep the chunks.
		s.chunks = append([]*chunk(nil), s.chunks[drop:]...)
	}
	return freed
}

// bytes returns what the chunks hold, as MaxBytes counts it.
func (s *shard) bytes() (n int64) {
	for _, c := range s.chunks {
		n += c.size()
	}
	return n
}

// offsetAt returns the offset of the first record that arrived at or after
// millis, or next.
func (s *shard) offsetAt(millis int64) storage.Offset {
	i := sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].lastMillis() >= millis })
	if i == len(s.chunks) {
		return s.next
	}
	return max(s.first, s.chunks[i].offsetAt(millis))
}

// at returns the chunk that holds the record at o, and its place in chunks.
// Requires first <= o < next.
func (s *shard) at(o storage.Offset) (*chunk, int) {
	i := sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].end() > o })
	return s.chunks[i], i
}

// wake lets everybody look again who waits for a change.
func (s *shard) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
