package journal

import (
	"errors"
	"fmt"
	"sync"
)

// Journal is an open journal. Write, Sync, Release and Close belong to one
// goroutine, the committer; Segments, End and NewBuffer to anybody.
//
// After a failed write or sync the journal is stopped: it does not touch the
// file again, and every later call returns that first error.
type Journal struct {
	o    Options
	keep *keeper

	// The rest belongs to the committer.
	seg      *segment
	synced   LSN   // everything below is durable
	promised LSN   // a frame says that everything below is durable
	err      error // why the journal is stopped

	mu struct {
		sync.Mutex
		// segments are those of the journal, oldest first; the last one is
		// being written. Edited by the committer only.
		segments []SegmentInfo
	}
}

// Frame is one commit as found in the journal.
type Frame struct {
	// Start and End are the LSNs of its first byte and of the byte behind it,
	// where the next frame begins.
	Start, End LSN
	// Synced says that everything below was durable when the frame was built.
	Synced LSN
	// TimeMillis is when it was built, Unix ms.
	TimeMillis int64
	Flags      uint32
	Entries    int
	// Payload is valid during the callback only.
	Payload []byte
	// File and FileOffset are where it was found.
	File       string
	FileOffset int64
}

// SegmentInfo describes a segment. Bytes is the length of the file.
type SegmentInfo struct {
	Number     uint64
	First, End LSN
	Bytes      int64
	File       string
}

// Errors of Write.
var (
	ErrTooLarge = errors.New("frame is too large")
	ErrClosed   = errors.New("journal is closed")
)

// start returns a journal that continues in seg, whose frames so far are
// durable.
func start(o Options, seg *segment, sealed []SegmentInfo, synced LSN) *Journal {
	j := &Journal{o: o, seg: seg, synced: synced, promised: synced}
	j.mu.segments = append(sealed, seg.info())
	j.keep = startKeeper(&j.o, seg)
	if seg.offset >= seg.half() {
		j.keep.prepare()
	}
	return j
}

func (s *segment) info() SegmentInfo {
	return SegmentInfo{
		Number: s.header.number, First: s.header.first, End: s.lsn(),
		Bytes: s.header.length, File: s.name,
	}
}

// Write puts the frame at the end of the journal, in a new segment when it
// does not fit into this one. It is durable after the next Sync. The buffer is
// the caller's again when Write returns.
//
// A payload above Options.MaxFrameBytes gives ErrTooLarge and changes nothing.
func (j *Journal) Write(b *Buffer) (start, end LSN, err error) {
	if j.err != nil {
		return 0, 0, j.err
	}
	if len(b.Payload) > j.o.MaxFrameBytes {
		return 0, 0, fmt.Errorf("%w: %d bytes, and %d are allowed", ErrTooLarge, len(b.Payload), j.o.MaxFrameBytes)
	}
	if b.Entries < 1 {
		panic(fmt.Sprintf("journal: frame of %d bytes with %d entries", len(b.Payload), b.Entries))
	}
	if !j.seg.fits(len(b.Payload)) {
		if err := j.rotate(); err != nil {
			return 0, 0, j.stop(err)
		}
	}
	start = j.seg.lsn()
	f := j.seg.frame(j.synced, j.o.Now().UnixMilli(), b.Flags&callerFlags)
	f.entries = b.Entries
	if err := j.put(b.seal(f)); err != nil {
		return 0, 0, j.stop(err)
	}
	return start, j.seg.lsn(), nil
}

// put writes the bytes of a frame and tells the keeper what is to do.
func (j *Journal) put(p []byte) error {
	fill, err := j.seg.write(p)
	if err != nil {
		return err
	}
	j.mu.Lock()
	j.mu.segments[len(j.mu.segments)-1].End = j.seg.lsn()
	j.mu.Unlock()
	if half := j.seg.half(); j.seg.offset >= half && j.seg.offset-int64(len(p)) < half {
		j.keep.prepare()
	} else if fill {
		j.keep.poke()
	}
	return nil
}

// Sync makes every frame written so far durable.
func (j *Journal) Sync() error {
	if j.err != nil {
		return j.err
	}
	if err := j.sync(); err != nil {
		return j.stop(err)
	}
	return nil
}

func (j *Journal) sync() error {
	if end := j.seg.lsn(); j.synced < end {
		if err := j.seg.sync(); err != nil {
			return err
		}
		j.synced = end
	}
	return nil
}

// rotate continues in the next segment. See the package comment for the order.
func (j *Journal) rotate() error {
	if err := j.sync(); err != nil {
		return err
	}
	next, err := j.keep.take()
	if err != nil {
		return err
	}
	last := j.ownFrame(FlagLast)
	next.header.prev = j.seg.header.number
	next.header.prevEnd = j.seg.lsn() + LSN(len(last))
	next.header.first = next.header.prevEnd
	next.header.millis = j.o.Now().UnixMilli()
	if err := next.begin(); err != nil {
		return errors.Join(err, next.close())
	}
	old := j.seg
	_, err = old.write(last)
	if err == nil {
		err = old.sync()
	}
	if err = errors.Join(err, old.close()); err != nil {
		return errors.Join(err, next.close())
	}
	j.seg, j.synced, j.promised = next, next.lsn(), next.lsn()
	j.mu.Lock()
	j.mu.segments[len(j.mu.segments)-1].End = next.lsn()
	j.mu.segments = append(j.mu.segments, next.info())
	j.mu.Unlock()
	j.keep.follow(next.fill)
	return nil
}

// Release says that nothing below the LSN is needed for recovery any more. The
// segments wholly below it are recycled or removed, in the background. The
// caller has made durable whatever makes Open start at this LSN or later.
//
// An error of such background work is returned by the next Release or by
// Close. It stops nothing: at worst, old files remain until the next Open.
func (j *Journal) Release(below LSN) error {
	if j.err != nil {
		return j.err
	}
	j.mu.Lock()
	n := 0
	for n < len(j.mu.segments)-1 && j.mu.segments[n].End <= below {
		n++
	}
	released := j.mu.segments[:n]
	j.mu.segments = append([]SegmentInfo(nil), j.mu.segments[n:]...)
	j.mu.Unlock()
	if n > 0 {
		j.keep.retire(released)
	}
	return j.keep.takeError()
}

// End returns the LSN behind the last frame written.
func (j *Journal) End() LSN {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.mu.segments[len(j.mu.segments)-1].End
}

// Segments returns the segments of the journal, oldest first.
func (j *Journal) Segments() []SegmentInfo {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]SegmentInfo(nil), j.mu.segments...)
}

// Close syncs what was written, promises in a last frame that it was durable,
// and closes the files. After it, calls give ErrClosed, and another Close does
// nothing. Closing a stopped journal returns the error that stopped it.
func (j *Journal) Close() error {
	if errors.Is(j.err, ErrClosed) {
		return nil
	}
	if j.err != nil {
		cause := j.err
		j.err = ErrClosed
		// Their errors add nothing to what stopped the journal.
		_ = j.keep.stop()
		_ = j.seg.close()
		return cause
	}
	j.err = ErrClosed
	background := j.keep.stop()
	err := j.sync()
	if err == nil && j.promised < j.synced {
		if _, err = j.seg.write(j.ownFrame(0)); err == nil {
			err = j.sync()
		}
	}
	return errors.Join(err, background, j.seg.close())
}

// ownFrame returns the bytes of a frame without entries.
func (j *Journal) ownFrame(flags uint32) []byte {
	return newOwnBuffer().seal(j.seg.frame(j.synced, j.o.Now().UnixMilli(), flags))
}

// stop makes err the answer to every later call.
func (j *Journal) stop(err error) error {
	j.seg.fill.stop()
	j.err = fmt.Errorf("journal: %w", err)
	return j.err
}

// newOwnBuffer returns a buffer just large enough for a frame without entries.
func newOwnBuffer() *Buffer {
	b := &Buffer{mem: alignedPage()}
	b.Payload = b.mem[frameHeader:frameHeader]
	return b
}
