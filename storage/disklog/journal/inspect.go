package journal

import (
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// Inspect reads one segment file for people who look for what is wrong with
// it: it calls visit for each frame, also the journal's own, and for each
// problem, with the place in the Frame's File and FileOffset, until visit
// returns false. After a problem it goes on with the next frame that can be
// found. What lies behind the last frame is no problem as long as nothing
// shows that it was durable.
//
// A damaged frame and a damaged header are a *storage.CorruptError, a frame
// that was never finished wraps ErrTorn, and a prepared segment ErrNotBegun.
// Inspect changes nothing and trusts nothing that it reads. It returns an error
// only when the file cannot be read or is of a newer format.
func Inspect(fs vfs.FS, file string, visit func(Frame, error) bool) (err error) {
	s, err := openScanner(fs, file)
	if err != nil {
		if corrupt := (*storage.CorruptError)(nil); errors.As(err, &corrupt) || errors.Is(err, ErrNotBegun) {
			visit(Frame{File: file}, err)
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for offset := int64(headerSize); offset > 0 && err == nil; {
		offset, err = s.inspectFrom(offset, visit)
	}
	return err
}

// inspectFrom visits the frames from the offset up to the first problem, and
// that problem. It returns where to go on, or 0.
func (s *scanner) inspectFrom(offset int64, visit func(Frame, error) bool) (next int64, err error) {
	stopped := errors.New("stopped by visit")
	w, err := s.walk(offset, func(offset int64, f frame, payload []byte) error {
		if !visit(s.found(offset, f, payload), nil) {
			return stopped
		}
		return nil
	})
	if err == stopped || err == nil && w.reason == "" {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	next, err = s.promised(w.offset)
	if err != nil {
		return 0, err
	}
	var problem error
	if next != 0 {
		problem = s.broken(w, next)
	} else if problem, err = s.torn(w); err != nil {
		return 0, err
	}
	at := Frame{File: s.name, FileOffset: w.offset, Start: s.lsn(w.offset)}
	if problem != nil && !visit(at, problem) {
		return 0, nil
	}
	return next, nil
}

// broken is the error of a walk that ended although the frame at byte next
// says that there was more.
func (s *scanner) broken(w walked, next int64) error {
	return s.corrupt(w.offset, fmt.Sprintf("%s, and the frame at byte %d says that this was durable", w.reason, next))
}

// ErrTorn reports a frame that was begun and is not whole, and that nothing
// shows to have been durable.
var ErrTorn = errors.New("torn frame")

// torn tells a frame that was begun behind the last valid one from bytes that
// no frame of this life of the file ever reached.
func (s *scanner) torn(w walked) (problem error, err error) {
	src, err := s.bytes(w.offset, frameHeader)
	if err != nil {
		return nil, err
	}
	f, ok := decodeFrame(src)
	if ok && f.incarnation == s.header.incarnation && f.lsn == s.lsn(w.offset) {
		return fmt.Errorf("%s: %w at byte %d: %s", s.name, ErrTorn, w.offset, w.reason), nil
	}
	return nil, nil
}
