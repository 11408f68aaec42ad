package journal

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// chain is what the files of a journal folder amount to.
type chain struct {
	// segments are those that belong to the journal, oldest first; each but
	// the first follows the one before it without a gap.
	segments []segmentHeader
	// discard are names of files that hold nothing any more: segments that
	// were prepared and never begun, ones that a later copy replaced, ones
	// released before the first of the chain.
	discard []string
	// highest is the highest number that a file name has used.
	highest uint64
}

// readChain reads all headers in the folder and orders them. It refuses
// segments of another instance, damaged headers, and gaps at or above from.
func readChain(o *Options, from LSN) (*chain, error) {
	c := &chain{}
	headers := make(map[uint64]segmentHeader)
	names, err := o.FS.List(o.Dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64 // of valid headers, ascending
	for _, name := range names {
		number, ok := parseSegmentName(name)
		if !ok {
			if strings.HasSuffix(name, preparingSuffix) {
				c.discard = append(c.discard, name)
			}
			continue
		}
		c.highest = max(c.highest, number)
		h, err := readHeader(o, name)
		if errors.Is(err, ErrNotBegun) {
			c.discard = append(c.discard, name)
			continue
		}
		if err != nil {
			return nil, err
		}
		headers[number] = h
		numbers = append(numbers, number)
	}
	if len(numbers) == 0 {
		return c, nil
	}
	if err := c.link(o, headers, numbers[len(numbers)-1], from); err != nil {
		return nil, err
	}
	return c, c.sortOut(o, headers, numbers)
}

func readHeader(o *Options, name string) (segmentHeader, error) {
	s, err := openScanner(o.FS, path.Join(o.Dir, name))
	if err != nil {
		return segmentHeader{}, err
	}
	if err := s.close(); err != nil {
		return segmentHeader{}, err
	}
	if s.header.instance != o.Instance {
		return segmentHeader{}, s.corrupt(16, fmt.Sprintf("segment of instance %x, not of %x",
			s.header.instance, o.Instance))
	}
	return s.header, nil
}

// link follows the segments backwards from the newest one.
func (c *chain) link(o *Options, headers map[uint64]segmentHeader, newest uint64, from LSN) error {
	h := headers[newest]
	c.segments = []segmentHeader{h}
	for h.prev != 0 {
		before, ok := headers[h.prev]
		if !ok {
			break
		}
		if before.number >= h.number || before.first > h.prevEnd || h.first != h.prevEnd {
			return &storage.CorruptError{
				File: o.path(h.number), Offset: 64,
				Reason: fmt.Sprintf("does not follow segment %d", h.prev),
			}
		}
		h = before
		c.segments = append([]segmentHeader{h}, c.segments...)
	}
	if h.first > from {
		return &storage.CorruptError{
			File:   o.Dir,
			Reason: fmt.Sprintf("segment is missing: the oldest one, %d, begins at LSN %d, and LSN %d is needed", h.number, h.first, from),
		}
	}
	return nil
}

// sortOut gives up the segments that are not in the chain: older ones, which
// were released, and replaced ones. Any other is a sign of damage.
func (c *chain) sortOut(o *Options, headers map[uint64]segmentHeader, numbers []uint64) error {
	replaced := make(map[uint64]LSN) // number of the segment before -> first LSN
	linked := make(map[uint64]bool)
	for _, h := range c.segments {
		linked[h.number] = true
		replaced[h.prev] = h.first
	}
	for _, number := range numbers {
		h := headers[number]
		first, same := replaced[h.prev]
		switch {
		case linked[number]:
		case number < c.segments[0].number, same && first == h.first:
			c.discard = append(c.discard, segmentName(number))
		default:
			return &storage.CorruptError{
				File: o.path(number), Offset: 64,
				Reason: "segment belongs to no place in the journal",
			}
		}
	}
	return nil
}

func (o *Options) path(number uint64) string { return path.Join(o.Dir, segmentName(number)) }

// replay walks the frames of the chain, calling visit for those of callers
// that start at from or later, and verifies that the chain is complete.
func (c *chain) replay(o *Options, from LSN, visit func(Frame) error) (t tail, err error) {
	for i, h := range c.segments {
		newest := i == len(c.segments)-1
		if !newest && c.segments[i+1].first <= from {
			continue
		}
		w, err := replaySegment(o, h, newest, from, visit)
		if err != nil {
			return t, err
		}
		if newest {
			t.last = w
			return t, c.checkTail(o, h, w, from)
		}
		if t.before, err = checkInner(o, h, w, c.segments[i+1].prevEnd); err != nil {
			return t, err
		}
	}
	return t, nil
}

// tail is what replay found at the end of the journal.
type tail struct {
	last   walked  // the newest segment
	before *ending // of the one before it; nil when there was no need to look
}

// ending is where a segment that has a successor ends.
type ending struct {
	header segmentHeader
	offset int64 // of its last frame
	padded bool  // whether that frame is
	found  bool  // whether that frame is there
}

// inDoubt reports whether the ending has to be written, again if it was found:
// as long as the next segment has no frames, it may be in the system's cache
// only.
func (t *tail) inDoubt() bool {
	return t.before != nil && (!t.before.found || t.last.offset == headerSize)
}

// replaySegment walks the frames of the segment. What is before from is needed
// by nobody, and passed over except in the newest segment: that is going to be
// copied whole, and only its frames can tell whether there was one at from.
func replaySegment(o *Options, h segmentHeader, newest bool, from LSN, visit func(Frame) error) (w walked, err error) {
	s, err := openScanner(o.FS, o.path(h.number))
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	start := int64(headerSize)
	if !newest && from > h.first {
		start = s.offset(from)
	}
	s.sequential = true
	w, err = s.walk(start, func(offset int64, f frame, payload []byte) error {
		if f.own() || f.lsn < from {
			return nil
		}
		return visit(s.found(offset, f, payload))
	})
	if err != nil || w.reason == "" {
		return w, err
	}
	at, err := s.promised(w.offset)
	if err == nil && at != 0 {
		err = s.broken(w, at)
	}
	return w, err
}

// checkInner verifies the end of a segment that has a successor. All its
// frames were durable before the successor was begun; only its own last frame
// came later and may be missing.
func checkInner(o *Options, h segmentHeader, w walked, end LSN) (*ending, error) {
	at := h.first + LSN(w.offset-headerSize)
	if w.reason == "" && at == end {
		padded := w.last.flags&FlagPadded != 0
		return &ending{header: h, offset: w.lastOffset, padded: padded, found: true}, nil
	}
	for _, padded := range []bool{false, true} {
		if w.reason != "" && at+LSN(frameEnd(w.offset, 0, padded)-w.offset) == end {
			return &ending{header: h, offset: w.offset, padded: padded}, nil
		}
	}
	reason := w.reason
	if reason == "" {
		reason = "segment ends here"
	}
	return nil, &storage.CorruptError{
		File: o.path(h.number), Offset: w.offset,
		Reason: fmt.Sprintf("%s, and the next segment says that there are frames up to LSN %d", reason, end),
	}
}

// checkTail verifies the end of the newest segment.
func (c *chain) checkTail(o *Options, h segmentHeader, w walked, from LSN) error {
	if w.reason == "" {
		return &storage.CorruptError{
			File:   o.Dir,
			Reason: fmt.Sprintf("segment is missing: segment %d says that another one follows", h.number),
		}
	}
	if end := h.first + LSN(w.offset-headerSize); end < from {
		return &storage.CorruptError{
			File: o.path(h.number), Offset: w.offset,
			Reason: fmt.Sprintf("journal ends at LSN %d, although all below LSN %d was durable", end, from),
		}
	}
	return nil
}

// found returns the frame as callers see it.
func (s *scanner) found(offset int64, f frame, payload []byte) Frame {
	return Frame{
		Start: f.lsn, End: s.lsn(f.end(offset)), Synced: f.synced,
		TimeMillis: f.millis, Flags: f.flags, Entries: f.entries,
		Payload: payload, File: s.name, FileOffset: offset,
	}
}

// removeAll removes the named files of the folder, durably.
func removeAll(fs vfs.FS, dir string, names []string) error {
	for _, name := range names {
		if err := fs.Remove(path.Join(dir, name)); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fs.SyncDir(dir)
}
