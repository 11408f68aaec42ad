package extent

import (
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

// ReadWhole reads all records of the extent, to be written to another one. It
// needs memory for the whole extent, which the Part keeps. Nothing of it is
// taken from or left in the Store's cache, and with StoreOptions.Direct nothing
// in the system's.
//
// What Verify checks is checked, and gives a *storage.CorruptError.
func (s *Store) ReadWhole(m Meta) (p Part, err error) {
	f, err := s.open(m)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, s.files.release(f)) }()
	buf, err := s.readAt(f, m.Pos, m.Length)
	if err != nil {
		return p, err
	}
	x, err := s.header(m, buf)
	if err != nil {
		return p, err
	}
	head := min(x.headBytes(), int64(len(buf)))
	if err := x.decodeTable(buf[headerBytes:head]); err != nil {
		return p, s.asCorrupt(m, m.Pos+headerBytes, err)
	}
	c := checker{lastMillis: m.FirstMillis}
	begin := int(x.headBytes())
	at := begin
	for i, b := range x.blocks {
		end := min(at+int(b.stored), len(buf))
		if err := c.block(x, i, buf[at:end]); err != nil {
			return p, s.asCorrupt(m, b.pos, err)
		}
		at = end
	}
	if c.bytes != m.Bytes || c.lastMillis != m.LastMillis {
		return p, s.corrupt(m, m.Pos, "header does not agree with the records")
	}
	return wholePart(slices.Clip(buf[begin:at]))
}

// wholePart returns the records in their byte form as a Part, which shares the
// bytes.
func wholePart(form []byte) (p Part, err error) {
	var r storage.Record
	p.Bytes = form
	for at := 0; at < len(form); {
		n, err := entry.DecodeRecord(form[at:], &r)
		if err != nil {
			return p, fmt.Errorf("record %d of an extent that was verified: %w", p.Records, err)
		}
		p.measure(at, n, r.ArrivalMillis, len(r.PartitionKey)+len(r.Data))
		p.crc = crc32.Update(p.crc, castagnoli, form[at:at+n])
		at += n
	}
	return p, nil
}

// FileBytes returns the length of a file.
func (s *Store) FileBytes(class Class, file uint64) (n int64, err error) {
	f, err := s.files.acquire(class, file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.files.release(f)) }()
	return f.Size()
}
