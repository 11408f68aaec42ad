package extent

import (
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/leat-io/leat/internal/crc32c"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

// defaultBlockBytes is how much a reader must at least load, verify and scan
// to find one record.
const defaultBlockBytes = 64 << 10

// pieceBytes is the most that a piece of a Part takes, unless it is a single
// record: a quarter of a block, so that blocks become nearly full.
const pieceBytes = defaultBlockBytes / 4

// Part is consecutive records of one shard in memory, which become a part of an
// extent. It is measured while records are added, when they are in the
// processor's cache; a Writer then copies the bytes and never looks at them.
//
// The zero value with an empty slice for Bytes is ready for records.
type Part struct {
	// Bytes are the records in the byte form of package entry. What is there
	// never changes and is never moved, so that whoever has copied the slice
	// header may read it while records are added.
	Bytes                   []byte
	Records                 uint64
	FirstMillis, LastMillis int64 // arrival of the first and last record
	// Marks say where the pieces of the Part begin, the first excepted.
	Marks []Mark

	payload int64  // bytes of partition keys and data
	crc     uint32 // CRC32C of the last piece
}

// Mark says that a piece of a Part begins at byte At with record number Record,
// which arrived at Millis.
type Mark struct {
	Record uint64
	At     int
	Millis int64
	crc    uint32 // CRC32C of the piece before
}

// Append adds a record in its byte form, for which there must be room in Bytes.
// It arrived no earlier than the one before, and its partition key and data
// have payload bytes.
func (p *Part) Append(form []byte, millis int64, payload int) {
	p.copyIn(form, millis, payload)
	p.crc = crc32.Update(p.crc, castagnoli, form)
}

// AppendSummed is Append of a form whose CRC32C is known.
func (p *Part) AppendSummed(form []byte, sum uint32, millis int64, payload int) {
	p.copyIn(form, millis, payload)
	p.crc = crc32c.Combine(p.crc, sum, len(form))
}

// copyIn adds a record without its checksum.
func (p *Part) copyIn(form []byte, millis int64, payload int) {
	at := len(p.Bytes)
	p.Bytes = p.Bytes[:at+len(form)]
	copy(p.Bytes[at:], form)
	p.measure(at, len(form), millis, payload)
}

// measure takes account of the record of n bytes at byte at, except for its
// checksum.
func (p *Part) measure(at, n int, millis int64, payload int) {
	start := 0
	if last := len(p.Marks) - 1; last >= 0 {
		start = p.Marks[last].At
	}
	switch {
	case p.Records == 0:
		p.FirstMillis = millis
	case at-start+n > pieceBytes:
		p.Marks = append(p.Marks, Mark{Record: p.Records, At: at, Millis: millis, crc: p.crc})
		p.crc = 0
	}
	p.Records++
	p.LastMillis = millis
	p.payload += int64(payload)
}

// Split returns the first n records and the rest as Parts of their own. The
// bytes do not move; the Parts share them, and the first has no room for more.
func (p *Part) Split(n uint64) (first, rest Part, err error) {
	var r storage.Record
	into := &first
	begin := 0 // of into in p.Bytes
	for at := 0; at < len(p.Bytes); {
		size, err := entry.DecodeRecord(p.Bytes[at:], &r)
		if err != nil {
			return first, rest, err
		}
		if first.Records == n && into == &first {
			first.Bytes = p.Bytes[:at:at]
			into, begin = &rest, at
		}
		into.measure(at-begin, size, r.ArrivalMillis, len(r.PartitionKey)+len(r.Data))
		into.crc = crc32.Update(into.crc, castagnoli, p.Bytes[at:at+size])
		at += size
	}
	into.Bytes = p.Bytes[begin:]
	return first, rest, nil
}

// pieces calls f with each piece: its number of bytes and their CRC32C, the
// number of its first record and its arrival.
func (p *Part) pieces(f func(bytes int, crc uint32, record uint64, millis int64)) {
	begin := Mark{Millis: p.FirstMillis}
	for _, m := range p.Marks {
		f(m.At-begin.At, m.crc, begin.Record, begin.Millis)
		begin = m
	}
	f(len(p.Bytes)-begin.At, p.crc, begin.Record, begin.Millis)
}

// measure returns the index of the extent that the parts make, the first of
// whose records has the offset first, with everything filled in but what depends
// on the file. Blocks hold as many whole pieces as fit blockBytes, and at least
// one.
func measure(parts []Part, first storage.Offset, blockBytes int) (*index, error) {
	x := &index{}
	next := first
	for i := range parts {
		p := &parts[i]
		if p.Records == 0 {
			return nil, errors.New("part without records")
		}
		if p.LastMillis < p.FirstMillis || i > 0 && p.FirstMillis < x.meta.LastMillis {
			return nil, fmt.Errorf("arrivals from %d to %d in the part from record %d on, after %d", p.FirstMillis, p.LastMillis, next, x.meta.LastMillis)
		}
		p.pieces(func(bytes int, crc uint32, record uint64, millis int64) {
			x.addPiece(bytes, crc, next+storage.Offset(record), millis, blockBytes)
		})
		next += storage.Offset(p.Records)
		x.meta.Bytes += p.payload
		x.meta.LastMillis = p.LastMillis
	}
	if len(x.blocks) == 0 {
		return nil, errors.New("extent without records")
	}
	x.meta.First, x.meta.Last = first, next-1
	x.meta.FirstMillis = x.blocks[0].firstMillis
	x.rows, x.rawBytes = uint32(len(x.blocks)), x.storedBytes
	if reason := x.meta.checkRange(); reason != "" {
		return nil, errors.New(reason)
	}
	return x, nil
}

// addPiece puts a piece into the last block, or a new one when it does not fit.
func (x *index) addPiece(bytes int, crc uint32, first storage.Offset, millis int64, blockBytes int) {
	x.storedBytes += int64(bytes)
	if n := len(x.blocks); n > 0 && int(x.blocks[n-1].stored)+bytes <= blockBytes {
		b := &x.blocks[n-1]
		b.stored += uint32(bytes)
		b.crc = crc32c.Combine(b.crc, crc, bytes)
		return
	}
	x.blocks = append(x.blocks, block{stored: uint32(bytes), crc: crc, first: first, firstMillis: millis})
}
