package journal

import (
	"errors"
	"fmt"
	"path"

	"github.com/leat-io/leat/internal/vfs"
)

// takeOver copies the valid frames of the chain's last segment into a fresh
// one that takes its place, and starts the journal there.
func takeOver(o Options, c *chain, t tail) (*Journal, error) {
	last := t.last
	old := c.segments[len(c.segments)-1]
	// Room for what is copied, the promise behind it, and the usual overhead.
	length := max(o.SegmentBytes, vfs.AlignUp(last.offset)+vfs.Alignment+overhead)
	seg, err := createSegment(&o, c.highest+1, length)
	if err != nil {
		return nil, err
	}
	seg.header.first, seg.header.prev, seg.header.prevEnd = old.first, old.prev, old.prevEnd
	synced, err := copyFrames(&o, seg, old, last)
	if err == nil {
		err = seg.begin()
	}
	if err == nil && t.inDoubt() {
		// Only now is it certain that there is a segment behind it.
		err = t.before.write(&o)
	}
	if err == nil {
		// From here on the old segment is a danger: should the fresh one ever
		// be lost, it would pass for the end of the journal. So it must be gone
		// before anything is acknowledged.
		err = removeAll(o.FS, o.Dir, append(c.discard, segmentName(old.number)))
	}
	if err != nil {
		return nil, errors.Join(err, seg.close())
	}
	return start(o, seg, sealedInfo(&o, c), synced), nil
}

// sealedInfo describes the segments of the chain before the last one.
func sealedInfo(o *Options, c *chain) []SegmentInfo {
	var infos []SegmentInfo
	for i, h := range c.segments[:len(c.segments)-1] {
		infos = append(infos, SegmentInfo{
			Number: h.number, First: h.first, End: c.segments[i+1].first,
			Bytes: h.length, File: o.path(h.number),
		})
	}
	return infos
}

// copyFrames copies the frames of the old segment and makes them durable. It
// returns their end. Behind them it puts a promise that they were durable.
func copyFrames(o *Options, seg *segment, old segmentHeader, last walked) (LSN, error) {
	if last.offset == headerSize {
		return seg.lsn(), nil
	}
	s, err := openScanner(o.FS, path.Join(o.Dir, segmentName(old.number)))
	if err != nil {
		return 0, err
	}
	length := vfs.AlignUp(last.offset) + vfs.Alignment
	s.sequential = true
	out := &copier{file: seg.file, offset: headerSize, buf: vfs.Aligned(int(min(scanWindow, length)))}
	w, err := s.walk(headerSize, func(offset int64, f frame, payload []byte) error {
		f.incarnation, f.synced = seg.header.incarnation, f.lsn
		return out.frame(f, payload)
	})
	if err == nil && w.offset != last.offset {
		err = s.corrupt(w.offset, "reads differently a second time: "+w.reason)
	}
	if err = errors.Join(err, s.close()); err != nil {
		return 0, err
	}
	seg.offset = last.offset
	if !last.last.own() || seg.padded && seg.offset%vfs.Alignment != 0 {
		f := seg.frame(seg.lsn(), o.Now().UnixMilli(), 0)
		f.payloadCRC = payloadChecksum(f.incarnation, f.lsn, nil)
		seg.offset = f.end(seg.offset)
		if err := out.frame(f, nil); err != nil {
			return 0, err
		}
	}
	if err := out.flush(); err != nil {
		return 0, err
	}
	seg.fill = newFiller(seg.file, seg.header.length, seg.offset, seg.offset)
	return seg.lsn(), seg.sync()
}

// copier writes frames one behind the other in large aligned writes.
type copier struct {
	file   vfs.File
	offset int64 // in the file, of buf[0]; a multiple of 4096
	buf    []byte
	n      int // bytes in buf
}

// frame appends a frame, its checksums made anew.
func (c *copier) frame(f frame, payload []byte) error {
	var header [frameHeader]byte
	at := c.offset + int64(c.n)
	f.payload = len(payload)
	f.payloadCRC = payloadChecksum(f.incarnation, f.lsn, payload)
	f.encode(header[:])
	if err := c.write(header[:]); err != nil {
		return err
	}
	if err := c.write(payload); err != nil {
		return err
	}
	var zeros [vfs.Alignment]byte
	return c.write(zeros[:f.end(at)-c.offset-int64(c.n)])
}

func (c *copier) write(p []byte) error {
	for len(p) > 0 {
		n := copy(c.buf[c.n:], p)
		c.n += n
		p = p[n:]
		if c.n == len(c.buf) {
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes what is buffered, with zeros up to the next boundary.
func (c *copier) flush() error {
	if c.n == 0 {
		return nil
	}
	end := int(vfs.AlignUp(int64(c.n)))
	clear(c.buf[c.n:end])
	if _, err := c.file.WriteAt(c.buf[:end], c.offset); err != nil {
		return fmt.Errorf("copy frames: %w", err)
	}
	c.offset += int64(end)
	c.n = 0
	return nil
}

// write makes the last frame of a segment that has a successor durable. The
// segment's other frames are durable and not touched.
func (e *ending) write(o *Options) (err error) {
	file, err := o.FS.Open(o.path(e.header.number), vfs.Buffered)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	at := e.header.first + LSN(e.offset-headerSize)
	f := frame{
		lsn: at, synced: at, incarnation: e.header.incarnation, millis: o.Now().UnixMilli(), flags: FlagLast,
		payloadCRC: payloadChecksum(e.header.incarnation, at, nil),
	}
	if e.padded {
		f.flags |= FlagPadded
	}
	mem := make([]byte, f.end(e.offset)-e.offset)
	f.encode(mem)
	if _, err := file.WriteAt(mem, e.offset); err != nil {
		return err
	}
	return file.Sync()
}
