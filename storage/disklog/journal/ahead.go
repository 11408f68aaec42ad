package journal

import (
	"io"

	"github.com/leat-io/leat/internal/vfs"
)

// aheadRoom is what a read ahead leaves free in front of itself, for the
// beginning of a frame that the window before ends in. It holds a commit of
// the usual largest size; of a longer frame the rest is read when it is wanted.
const aheadRoom = 4<<20 + vfs.Alignment

// ahead is the read of the part of a segment that a scanner comes to next. It
// is under way while the scanner's caller works on the part before it, so that
// a walk takes as long as the slower of the two, and not as both.
type ahead struct {
	mem []byte // aligned: aheadRoom bytes, and what is read
	at  int64  // where in the file the read begins; a multiple of vfs.Alignment

	// n and err are the outcome, once done is closed.
	n    int
	err  error
	done chan struct{}
}

// readOn begins to read what follows on the window, for a sequential scanner.
func (s *scanner) readOn() {
	at := s.start + int64(s.n)
	if !s.sequential || at%vfs.Alignment != 0 || at >= s.size {
		return
	}
	a := &ahead{mem: s.spare, at: at, done: make(chan struct{})}
	if s.spare = nil; a.mem == nil {
		a.mem = vfs.Aligned(aheadRoom + scanWindow)
	}
	s.ahead = a
	into := a.mem[aheadRoom : aheadRoom+min(scanWindow, vfs.AlignUp(s.size-at))]
	go func() { // ends with the read, for which close waits
		defer close(a.done)
		a.n, a.err = s.file.ReadAt(into, at)
	}()
}

// advance moves the window on to what was read ahead and keeps what it holds
// from the offset on. It reports whether the window has more bytes now.
func (s *scanner) advance(offset int64) bool {
	start := offset &^ (vfs.Alignment - 1)
	a := s.ahead
	if a == nil || start < s.start || start > a.at || a.at-start > aheadRoom {
		return false
	}
	<-a.done
	if a.err != nil && a.err != io.EOF || a.n == 0 {
		return false // who reads it again gets the error
	}
	kept := s.window[start-s.start : s.n]
	from := aheadRoom - len(kept)
	copy(a.mem[from:], kept)
	s.ahead, s.spare, s.backing = nil, s.backing, a.mem
	s.window, s.start, s.n = a.mem[from:], start, len(kept)+a.n
	s.readOn()
	return true
}

// endAhead waits for a read ahead and forgets what it brings.
func (s *scanner) endAhead() {
	if s.ahead != nil {
		<-s.ahead.done
		s.ahead, s.spare = nil, s.ahead.mem
	}
}
