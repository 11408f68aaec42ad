package disklog

import "math/bits"

const (
	// minSpareBytes is the smallest chunk whose memory is worth keeping.
	minSpareBytes = 64 << 10
	spareSizes    = 5 // the powers of two from minSpareBytes to maxChunkBytes
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

// put keeps the memory if there is room for it.
func (s *spares) put(buf []byte) {
	if i, ok := spareSize(cap(buf)); ok && s.bytes+int64(cap(buf)) <= s.limit {
		s.free[i] = append(s.free[i], buf[:0])
		s.bytes += int64(cap(buf))
	}
}

// take returns an empty buffer with room for n bytes.
func (s *spares) take(n int) []byte {
	if i, ok := spareSize(n); ok && len(s.free[i]) > 0 {
		last := len(s.free[i]) - 1
		buf := s.free[i][last]
		s.free[i][last] = nil
		s.free[i] = s.free[i][:last]
		s.bytes -= int64(n)
		return buf
	}
	return make([]byte, 0, n)
}
