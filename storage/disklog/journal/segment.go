package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/vfs"
)

// segment is the one that frames are being written to. The committer owns it;
// its filler is shared with the keeper.
type segment struct {
	header segmentHeader
	name   string // path
	file   vfs.File
	fill   *filler
	offset int64 // where the next frame goes
	padded bool  // frames end on 4096 B boundaries
}

// lsn returns the LSN of the next frame.
func (s *segment) lsn() LSN { return s.header.first + LSN(s.offset-headerSize) }

// half is where the next segment is prepared when frames reach it: early
// enough, and an installation that stores little never has a second one.
func (s *segment) half() int64 { return s.header.length / 2 }

// fits reports whether a frame with this payload leaves room for the
// journal's own frames.
func (s *segment) fits(payload int) bool {
	return frameEnd(s.offset, payload, s.padded)+overhead-headerSize <= s.header.length
}

// frame returns a frame header for the next frame.
func (s *segment) frame(synced LSN, millis int64, flags uint32) frame {
	if s.padded {
		flags |= FlagPadded
	}
	return frame{lsn: s.lsn(), synced: synced, incarnation: s.header.incarnation, millis: millis, flags: flags}
}

// write puts the bytes of a frame at the end. It reports whether the filler
// has something to do.
func (s *segment) write(p []byte) (fill bool, err error) {
	end := s.offset + int64(len(p))
	fill = s.fill.reserve(end)
	if _, err := s.file.WriteAt(p, s.offset); err != nil {
		return false, fmt.Errorf("write %s: %w", s.name, err)
	}
	s.offset = end
	return fill, nil
}

func (s *segment) sync() error {
	if err := s.file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", s.name, err)
	}
	return nil
}

// close ends the filling and closes the file.
func (s *segment) close() error {
	s.fill.stop()
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.name, err)
	}
	return nil
}

// begin makes the header durable, and with it the segment part of the journal.
// The file's length and name, and the frames it may already hold, are durable.
func (s *segment) begin() error {
	mem := vfs.Aligned(headerSize)
	s.header.encode(mem)
	if _, err := s.file.WriteAt(mem, 0); err != nil {
		return fmt.Errorf("write %s: %w", s.name, err)
	}
	return s.sync()
}

// createFile makes an empty segment file of full length, durably but for its
// name.
func createFile(o *Options, name string, length int64) (vfs.File, error) {
	file, err := o.FS.Create(name, o.mode())
	if err != nil {
		return nil, err
	}
	if err = file.Truncate(length); err == nil {
		err = file.Sync()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", name, err), file.Close())
	}
	return file, nil
}

// newSegment wraps a file whose blocks below filled have been written.
func newSegment(o *Options, number uint64, file vfs.File, length, filled int64) *segment {
	return &segment{
		header: segmentHeader{
			instance: o.Instance, number: number, incarnation: newIncarnation(), length: length,
			millis: o.Now().UnixMilli(),
		},
		name:   o.path(number),
		file:   file,
		fill:   newFiller(file, length, filled, headerSize),
		offset: headerSize,
		padded: file.Alignment() > 1,
	}
}

// alignedPage returns 4096 zero bytes that may be written to a direct file.
func alignedPage() []byte { return vfs.Aligned(vfs.Alignment) }

// newIncarnation returns a random number that is not zero. Nothing stored
// before can contain it.
func newIncarnation() uint64 {
	var b [8]byte
	for {
		rand.Read(b[:]) // never fails
		if n := binary.LittleEndian.Uint64(b[:]); n != 0 {
			return n
		}
	}
}
