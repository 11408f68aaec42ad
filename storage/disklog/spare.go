package disklog

import "math/bits"

const (
	// minSpareBytes is the smallest chunk whose memory is worth keeping.
	minSpareBytes = 4 << 10
	spareSizes    = 9 // the powers of two from minSpareBytes to maxChunkBytes
)

// spares is memory of evicted chunks, for new ones. Memory that the process
// gets anew costs about three times as much to fill: its pages are cleared, and
// each is a fault the first time. It belongs to the committer.
//
// Nobody but the committer may have a part of what is put here: records that
// were read are views of a chunk for as long as somebody holds them, so the
// memory of a chunk that was looked at is left to the garbage collector.
type spares struct {
	free  [spareSizes][][]byte // by size
	bytes int64
	limit int64 // of bytes
}

// spareSize returns where memory of n bytes has its place in free, and whether
// it has one.
func spareSize(n int) (int, bool) {
	i := bits.Len(uint(n)/minSpareBytes) - 1
	return i, i >= 0 && i < spareSizes && n == minSpareBytes<<i
}

// put keeps the memory if there is room for it, or for other sizes than its own
// of which there is much: those may not be wanted any more.
func (s *spares) put(buf []byte) {
	i, ok := spareSize(cap(buf))
	if !ok || int64(cap(buf)) > s.limit {
		return
	}
	for s.bytes+int64(cap(buf)) > s.limit {
		if !s.giveUp(i) {
			return
		}
	}
	s.free[i] = append(s.free[i], buf[:0])
	s.bytes += int64(cap(buf))
}

// giveUp lets go of one buffer of the size that most memory is of, but not of
// the one kept. It reports whether there was any.
func (s *spares) giveUp(kept int) bool {
	most := -1
	for i := range s.free {
		if i != kept && len(s.free[i]) > 0 && (most < 0 || len(s.free[i])<<i > len(s.free[most])<<most) {
			most = i
		}
	}
	if most >= 0 {
		s.pop(most)
	}
	return most >= 0
}

// pop takes out a buffer of the i-th size, of which there must be one.
func (s *spares) pop(i int) []byte {
	last := len(s.free[i]) - 1
	buf := s.free[i][last]
	s.free[i][last] = nil
	s.free[i] = s.free[i][:last]
	s.bytes -= int64(cap(buf))
	return buf
}

// take returns an empty buffer with room for n bytes, or up to twice as many.
func (s *spares) take(n int) []byte {
	if i, ok := spareSize(n); ok {
		for end := min(i+2, spareSizes); i < end; i++ {
			if len(s.free[i]) > 0 {
				return s.pop(i)
			}
		}
	}
	return make([]byte, 0, n)
}
