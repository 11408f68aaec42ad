package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// scanner reads a segment file from front to back, past the system's cache
// where it can, so that what it finds is what the disk holds.
type scanner struct {
	name   string // path
	file   vfs.File
	size   int64
	header segmentHeader

	window []byte // aligned; its first n bytes are those of the file at start
	start  int64
	n      int

	// sequential says that the scanner's caller goes from front to back, which
	// is worth aheadRoom and a window of memory, both twice: ahead is then what
	// follows on the window, backing the memory of an earlier one that the
	// window is in, and spare that of one which is over.
	sequential     bool
	ahead          *ahead
	backing, spare []byte
}

// scanWindow holds a few commits of the usual size.
const scanWindow = 1 << 20

// openScanner opens the segment file and decodes its header. The error is
// ErrNotBegun, a *storage.CorruptError, or one of the file system's.
func openScanner(fs vfs.FS, name string) (*scanner, error) {
	file, err := fs.Open(name, vfs.Direct)
	if err != nil {
		return nil, err
	}
	s := &scanner{name: name, file: file}
	if err := s.readHeader(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

func (s *scanner) readHeader() (err error) {
	if s.size, err = s.file.Size(); err != nil {
		return err
	}
	if err := s.fill(0, headerSize); err != nil {
		return err
	}
	s.header, err = decodeHeader(s.window[:s.n])
	if err == errHeader || err == errNoHeader {
		return s.corrupt(0, err.Error())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if number, ok := parseSegmentName(path.Base(s.name)); ok && number != s.header.number {
		return s.corrupt(32, fmt.Sprintf("segment %d under the name of %d", s.header.number, number))
	}
	if s.size < s.header.length {
		return s.corrupt(s.size, fmt.Sprintf("cut to %d of %d bytes", s.size, s.header.length))
	}
	return nil
}

func (s *scanner) close() error {
	s.endAhead()
	return s.file.Close()
}

func (s *scanner) corrupt(offset int64, reason string) error {
	return &storage.CorruptError{File: s.name, Offset: offset, Reason: reason}
}

// lsn returns the LSN of the byte at the offset.
func (s *scanner) lsn(offset int64) LSN { return s.header.first + LSN(offset-headerSize) }

// offset returns where in the file the byte with the LSN is.
func (s *scanner) offset(lsn LSN) int64 { return headerSize + int64(lsn-s.header.first) }

// bytes returns the n bytes at the offset, or as many as the file has. They
// are valid until the next call.
func (s *scanner) bytes(offset int64, n int) ([]byte, error) {
	n = int(max(0, min(int64(n), s.size-offset)))
	for !s.holds(offset, n) && s.advance(offset) {
	}
	if !s.holds(offset, n) {
		if err := s.fill(offset, max(n, scanWindow)); err != nil {
			return nil, err
		}
	}
	at := int(offset - s.start)
	return s.window[min(at, s.n):min(at+n, s.n)], nil
}

// holds reports whether the window has the n bytes at the offset.
func (s *scanner) holds(offset int64, n int) bool {
	return offset >= s.start && offset+int64(n) <= s.start+int64(s.n)
}

// fill moves the window to the offset and makes it hold at least n bytes, or
// all that the file has. What it holds already is not read again: a window
// seldom ends where a frame does.
func (s *scanner) fill(offset int64, n int) error {
	s.endAhead()
	start := offset &^ (vfs.Alignment - 1)
	want := int(min(vfs.AlignUp(offset+int64(n)-start), vfs.AlignUp(s.size-start)))
	var kept []byte
	if start >= s.start && start < s.start+int64(s.n) {
		kept = s.window[start-s.start : s.n&^(vfs.Alignment-1)]
	}
	if want > len(s.window) {
		s.window, s.backing = vfs.Aligned(want), nil
	}
	// Until the read succeeds the window holds no more than it did.
	s.start, s.n = start, copy(s.window[:want], kept)
	got, err := s.file.ReadAt(s.window[s.n:want], start+int64(s.n))
	s.n += got
	if err != nil && err != io.EOF {
		return fmt.Errorf("read %s: %w", s.name, err)
	}
	s.readOn()
	return nil
}

// frame decodes and verifies the frame at the offset. It returns the reason
// why there is none, or "".
func (s *scanner) frame(offset int64) (f frame, payload []byte, reason string, err error) {
	src, err := s.bytes(offset, frameHeader)
	if err != nil {
		return f, nil, "", err
	}
	f, ok := decodeFrame(src)
	switch {
	case !ok:
		return f, nil, "no frame header", nil
	case f.incarnation != s.header.incarnation:
		return f, nil, "frame of an earlier life of the file", nil
	case f.lsn != s.lsn(offset) || f.synced > f.lsn:
		return f, nil, "frame of another place", nil
	case f.end(offset) > s.size:
		return f, nil, "frame reaches over the end of the file", nil
	}
	src, err = s.bytes(offset, frameHeader+f.payload)
	if err != nil {
		return f, nil, "", err
	}
	if len(src) < frameHeader+f.payload {
		return f, nil, "frame reaches over the end of the file", nil
	}
	payload = src[frameHeader:]
	if payloadChecksum(f.incarnation, f.lsn, payload) != f.payloadCRC {
		return f, nil, "payload checksum mismatch", nil
	}
	return f, payload, "", nil
}

// walked is what a walk over the frames of a segment ended with.
type walked struct {
	offset     int64  // behind the last valid frame
	last       frame  // the last valid frame; zero when there is none
	lastOffset int64  // where it is
	reason     string // why no frame follows; "" after one with FlagLast
}

// walk calls visit for each frame from the offset on, in order, up to the
// first invalid one.
func (s *scanner) walk(offset int64, visit func(offset int64, f frame, payload []byte) error) (walked, error) {
	w := walked{offset: offset}
	for {
		f, payload, reason, err := s.frame(w.offset)
		if err != nil || reason != "" {
			w.reason = reason
			return w, err
		}
		if err := visit(w.offset, f, payload); err != nil {
			return w, err
		}
		w.offset, w.last, w.lastOffset = f.end(w.offset), f, w.offset
		if f.flags&FlagLast != 0 {
			return w, nil
		}
	}
}

// promised looks behind the offset, where no valid frame was found, for a
// frame that says that the one at the offset was durable: it is of this life
// of the file, in its place, and its synced LSN is higher. It returns where
// that frame is, or 0. A payload that imitates such a frame would have to know
// the incarnation.
func (s *scanner) promised(offset int64) (int64, error) {
	missing := s.lsn(offset)
	for at := offset + frameAlign; at+frameHeader <= s.size; {
		src, err := s.bytes(at, scanWindow/2)
		if err != nil || len(src) < frameHeader {
			return 0, err
		}
		i := 0
		for ; i+frameHeader <= len(src); i += frameAlign {
			if binary.LittleEndian.Uint32(src[i:]) != frameMagic {
				continue
			}
			f, ok := decodeFrame(src[i:])
			if ok && f.incarnation == s.header.incarnation && f.lsn == s.lsn(at+int64(i)) && f.synced > missing {
				return at + int64(i), nil
			}
		}
		at += int64(i)
	}
	return 0, nil
}
