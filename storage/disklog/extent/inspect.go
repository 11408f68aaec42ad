package extent

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"path"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

// ErrPunched is what Inspect reports for an extent that reads as zeros: it was
// given up and its region punched.
var ErrPunched = errors.New("extent was punched")

// Inspect walks the extents of one file, in file order, and calls visit for
// each of them until visit returns false. It is for tools, repair and
// scrubbing: it needs no manifest, and goes on after damage.
//
// Visit gets a nil error for a sound extent, ErrPunched for one that was given
// up, and a *storage.CorruptError for a damaged one. Damage that cannot be
// ascribed to an extent is reported with a zero Meta. With deep, every block is
// read and its records decoded; otherwise only headers and tables are.
//
// A file without a footer was not finished, and is scanned for extents. Those
// at its end may be damaged because they were never synced; the manifest knows
// none of these. Punched extents cannot be found in such a file.
//
// Inspect returns an error when the file cannot be read, is not an extent file
// at all, or is of a newer format. It needs memory for the footer and, one at a
// time, for a block table and a block, all of which are smaller than the file.
func Inspect(fsys vfs.FS, name string, deep bool, visit func(Meta, error) bool) error {
	f, err := fsys.Open(name, vfs.Buffered)
	if err != nil {
		return fmt.Errorf("inspect extent file: %w", err)
	}
	in := &inspector{file: f, name: name, deep: deep, visit: visit}
	if err := errors.Join(in.run(), f.Close()); err != nil {
		return fmt.Errorf("inspect extent file %s: %w", name, err)
	}
	return nil
}

// inspector is one Inspect.
type inspector struct {
	file  vfs.File
	name  string
	deep  bool
	visit func(Meta, error) bool
	pause func(bytes int) error // after the read of a block; nil is none

	size      int64
	number    uint64
	badFooter bool // there is a footer, and it was reported as damaged
	stopped   bool // visit returned false
}

func (in *inspector) run() (err error) {
	if in.size, err = in.file.Size(); err != nil {
		return err
	}
	foreign, err := in.foreign()
	if err != nil {
		return err
	}
	if foreign {
		return errors.New("not an extent file: it begins with no file header and ends with no footer")
	}
	if err := in.header(); err != nil {
		return err
	}
	metas, finished, err := in.footer()
	if err != nil {
		return err
	}
	if !finished {
		return in.scan()
	}
	for _, m := range metas {
		if in.stopped {
			return nil
		}
		if err := in.extent(m); err != nil {
			return err
		}
	}
	return nil
}

// foreign reports whether the file is none of a Writer's: neither its name, nor
// its beginning, nor its end looks like one.
func (in *inspector) foreign() (bool, error) {
	if path.Ext(in.name) == fileSuffix {
		return false, nil
	}
	begin, err := readAt(in.file, 0, int64(len(fileMagic)))
	if err != nil || string(begin) == fileMagic {
		return false, err
	}
	end, err := readAt(in.file, max(0, in.size-trailerBytes), trailerBytes)
	return err == nil && !bytes.HasSuffix(end, []byte(trailerMagic)), err
}

// header reads the file header.
func (in *inspector) header() error {
	named, ok := parseName(path.Base(in.name))
	in.number = named
	page, err := readAt(in.file, 0, min(pageBytes, in.size))
	if err != nil {
		return err
	}
	h, err := decodeFileHeader(page)
	if d, damaged := err.(damage); damaged {
		in.report(Meta{}, corrupt(in.name, 0, string(d)))
		return nil
	}
	if err != nil {
		return err
	}
	if ok && named != h.file {
		in.report(Meta{}, corrupt(in.name, 0, fmt.Sprintf("this is file %08x by its header", h.file)))
	}
	in.number = h.file
	return nil
}

// footer reads the footer, if there is a sound one.
func (in *inspector) footer() (metas []Meta, finished bool, err error) {
	if in.size < 2*pageBytes || in.size%pageBytes != 0 {
		return nil, false, nil
	}
	end, err := readAt(in.file, in.size-trailerBytes, trailerBytes)
	if err != nil {
		return nil, false, err
	}
	if len(end) < trailerBytes {
		return nil, false, nil // somebody truncated it just now
	}
	t, err := decodeTrailer(end, in.size)
	if err == nil {
		var body []byte
		if body, err = readAt(in.file, t.pos, int64(len(footerMagic))+t.bytes); err != nil {
			return nil, false, err
		}
		metas, err = t.decode(body)
	}
	d, damaged := err.(damage)
	switch {
	case err == nil:
		return metas, true, nil
	case d == errNoFooter:
		return nil, false, nil
	case damaged:
		in.badFooter = true
		in.report(Meta{}, corrupt(in.name, in.size-trailerBytes, string(d)))
		return nil, false, nil
	}
	return nil, false, err
}

// extent checks the extent that the footer or its own header announces.
func (in *inspector) extent(m Meta) error {
	head, err := readAt(in.file, m.Pos, headerBytes)
	if err != nil {
		return err
	}
	x, err := decodeHeader(head, in.size-m.Pos)
	d, damaged := err.(damage)
	switch {
	case damaged && allZero(head):
		return in.punched(m)
	case damaged:
		in.report(m, corrupt(in.name, m.Pos, string(d)))
		return nil
	case err != nil:
		return err
	}
	if x.meta != m {
		in.report(m, corrupt(in.name, m.Pos, "another extent than expected"))
		return nil
	}
	err = in.content(x)
	var found *storage.CorruptError
	if err != nil && !errors.As(err, &found) {
		return err
	}
	in.report(m, err)
	return nil
}

// content checks the table and, when deep, the blocks.
func (in *inspector) content(x *index) error {
	at := x.meta.Pos + headerBytes
	table, err := readAt(in.file, at, x.tableBytes())
	if err != nil {
		return err
	}
	if err := x.decodeTable(table); err != nil {
		return corrupt(in.name, at, err.Error())
	}
	if !in.deep {
		return nil
	}
	c := checker{lastMillis: x.meta.FirstMillis}
	for i, b := range x.blocks {
		data, err := readAt(in.file, b.pos, int64(b.stored))
		if err == nil && in.pause != nil {
			err = in.pause(len(data))
		}
		if err != nil {
			return err
		}
		if err := c.block(x, i, data); err != nil {
			return corrupt(in.name, b.pos, err.Error())
		}
	}
	if c.bytes != x.meta.Bytes || c.lastMillis != x.meta.LastMillis {
		return corrupt(in.name, x.meta.Pos, "header does not agree with the records")
	}
	return nil
}

// punched reports m, of which the header reads as zeros, as punched if all of
// it does, and else as damaged.
func (in *inspector) punched(m Meta) error {
	const step = 1 << 20
	for pos := m.Pos; pos < m.Pos+m.Length; pos += step {
		b, err := readAt(in.file, pos, min(step, m.Pos+m.Length-pos))
		if err != nil {
			return err
		}
		if !allZero(b) {
			in.report(m, corrupt(in.name, m.Pos, "extent header reads as zeros"))
			return nil
		}
	}
	in.report(m, ErrPunched)
	return nil
}

// report calls visit unless that was enough.
func (in *inspector) report(m Meta, err error) {
	if !in.stopped {
		in.stopped = !in.visit(m, err)
	}
}

// checker adds up what the blocks of an extent hold.
type checker struct {
	bytes, lastMillis int64
}

// block checks the stored bytes of block i. The error is a damage.
func (c *checker) block(x *index, i int, data []byte) error {
	b := x.blocks[i]
	if len(data) < int(b.stored) {
		return damage("file ends within the block")
	}
	if crc32.Checksum(data, castagnoli) != b.crc {
		return damage("block checksum mismatch")
	}
	for left, first := x.count(i), true; left > 0; left-- {
		var r storage.Record
		n, err := entry.DecodeRecord(data, &r)
		if err != nil {
			return errMalformed
		}
		if r.ArrivalMillis < c.lastMillis || first && r.ArrivalMillis != b.firstMillis {
			return damage("impossible arrival time")
		}
		data, first = data[n:], false
		c.lastMillis = r.ArrivalMillis
		c.bytes += int64(len(r.PartitionKey) + len(r.Data))
	}
	if len(data) > 0 {
		return errCount
	}
	return nil
}

// zeros is what allZero compares with.
var zeros [pageBytes]byte

func allZero(b []byte) bool {
	for len(b) > len(zeros) {
		if !bytes.Equal(b[:len(zeros)], zeros[:]) {
			return false
		}
		b = b[len(zeros):]
	}
	return bytes.Equal(b, zeros[:len(b)])
}
