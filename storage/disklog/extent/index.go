package extent

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sort"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// index is an extent's header and block table.
type index struct {
	meta     Meta
	instance [16]byte
	// rawBytes and storedBytes are sums over the blocks.
	rawBytes, storedBytes int64
	tableCRC              uint32
	rows                  uint32 // of the table
	// blocks is the table. It is nil when only the header has been decoded.
	blocks []block
}

// block is one row of the block table.
type block struct {
	pos         int64 // in the file; follows from the lengths before it
	stored      uint32
	crc         uint32
	first       storage.Offset
	firstMillis int64
}

// headBytes returns the size of header and table.
func (x *index) headBytes() int64 { return headerBytes + x.tableBytes() }

func (x *index) tableBytes() int64 { return int64(x.rows) * tableEntryBytes }

// place sets where in its file the extent and its blocks are.
func (x *index) place(pos int64) {
	at := pos + x.headBytes()
	for i := range x.blocks {
		x.blocks[i].pos = at
		at += int64(x.blocks[i].stored)
	}
	x.meta.Pos, x.meta.Length = pos, vfs.AlignUp(at-pos)
}

// append appends header and table to dst.
func (x *index) append(dst []byte) []byte {
	le := binary.LittleEndian
	table := make([]byte, 0, len(x.blocks)*tableEntryBytes)
	for _, b := range x.blocks {
		table = le.AppendUint32(table, b.stored)
		table = le.AppendUint32(table, b.stored)
		table = le.AppendUint32(table, b.crc)
		table = le.AppendUint32(table, 0)
		table = le.AppendUint64(table, uint64(b.first))
		table = le.AppendUint64(table, uint64(b.firstMillis))
	}
	at, m := len(dst), x.meta
	dst = append(dst, extentMagic...)
	dst = le.AppendUint32(dst, formatVersion)
	var flags uint32
	if m.Moved {
		flags |= flagMoved
	}
	dst = le.AppendUint32(dst, flags)
	dst = append(dst, x.instance[:]...)
	dst = le.AppendUint64(dst, m.File)
	dst = le.AppendUint64(dst, uint64(m.Pos))
	dst = le.AppendUint32(dst, uint32(m.Class))
	dst = le.AppendUint32(dst, x.rows)
	dst = le.AppendUint32(dst, uint32(m.Key.Stream))
	dst = le.AppendUint32(dst, m.Key.Shard)
	dst = le.AppendUint64(dst, uint64(m.First))
	dst = le.AppendUint64(dst, uint64(m.Last))
	dst = le.AppendUint64(dst, uint64(m.FirstMillis))
	dst = le.AppendUint64(dst, uint64(m.LastMillis))
	dst = le.AppendUint64(dst, uint64(m.Bytes))
	dst = le.AppendUint64(dst, uint64(x.rawBytes))
	dst = le.AppendUint64(dst, uint64(x.storedBytes))
	dst = append(dst, make([]byte, 32)...) // key id and reserve
	dst = le.AppendUint32(dst, crc32.Checksum(table, castagnoli))
	dst = le.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
	return append(dst, table...)
}

// decodeHeader decodes an extent's header, at the start of src. The error is a
// damage, or says that the format is newer.
//
// The index it returns lacks the blocks, which decodeTable adds, and the extent
// is not longer than maxBytes.
func decodeHeader(src []byte, maxBytes int64) (*index, error) {
	le := binary.LittleEndian
	if len(src) < headerBytes || string(src[:8]) != extentMagic {
		return nil, damage("no extent header")
	}
	if le.Uint32(src[156:]) != crc32.Checksum(src[:156], castagnoli) {
		return nil, damage("extent header checksum mismatch")
	}
	if err := checkFormat(le.Uint32(src[8:])); err != nil {
		return nil, err
	}
	flags := le.Uint32(src[12:])
	if flags&^flagMoved != 0 {
		return nil, fmt.Errorf("extent flags %#x need a newer leat", flags)
	}
	x := &index{
		meta: Meta{
			Key:         storage.ShardKey{Stream: storage.StreamID(le.Uint32(src[56:])), Shard: le.Uint32(src[60:])},
			Class:       Class(le.Uint32(src[48:])),
			File:        le.Uint64(src[32:]),
			Pos:         int64(le.Uint64(src[40:])),
			First:       storage.Offset(le.Uint64(src[64:])),
			Last:        storage.Offset(le.Uint64(src[72:])),
			FirstMillis: int64(le.Uint64(src[80:])),
			LastMillis:  int64(le.Uint64(src[88:])),
			Bytes:       int64(le.Uint64(src[96:])),
			Moved:       flags&flagMoved != 0,
		},
		instance:    [16]byte(src[16:]),
		rawBytes:    int64(le.Uint64(src[104:])),
		storedBytes: int64(le.Uint64(src[112:])),
		tableCRC:    le.Uint32(src[152:]),
		rows:        le.Uint32(src[52:]),
	}
	if x.storedBytes < 0 || x.storedBytes > maxFileBytes || x.rawBytes != x.storedBytes || x.rows == 0 {
		return nil, damage("impossible extent header")
	}
	x.meta.Length = vfs.AlignUp(x.headBytes() + x.storedBytes)
	if reason := x.meta.check(); reason != "" {
		return nil, damage(reason)
	}
	if x.meta.Length > maxBytes {
		return nil, damage("extent is longer than its place")
	}
	return x, nil
}

// decodeTable adds the blocks, from the table's bytes in src, as many of them
// as the file had. The error is a damage.
func (x *index) decodeTable(src []byte) error {
	le := binary.LittleEndian
	switch {
	case int64(len(src)) < x.tableBytes():
		return damage("file ends within the block table")
	case crc32.Checksum(src, castagnoli) != x.tableCRC:
		return damage("block table checksum mismatch")
	}
	x.blocks = make([]block, x.rows)
	var total int64
	for i := range x.blocks {
		row := src[i*tableEntryBytes:]
		b := block{
			stored:      le.Uint32(row),
			crc:         le.Uint32(row[8:]),
			first:       storage.Offset(le.Uint64(row[16:])),
			firstMillis: int64(le.Uint64(row[24:])),
		}
		total += int64(b.stored)
		if b.stored == 0 || total > x.storedBytes || le.Uint32(row[4:]) != b.stored || !x.follows(i, b) {
			return damage("impossible block table")
		}
		x.blocks[i] = b
	}
	if total != x.storedBytes {
		return damage("impossible block table")
	}
	x.place(x.meta.Pos)
	return nil
}

// follows reports whether b may be block i.
func (x *index) follows(i int, b block) bool {
	if i == 0 {
		return b.first == x.meta.First && b.firstMillis == x.meta.FirstMillis
	}
	before := x.blocks[i-1]
	return b.first > before.first && b.first <= x.meta.Last &&
		b.firstMillis >= before.firstMillis && b.firstMillis <= x.meta.LastMillis
}

// count returns the number of records in block i.
func (x *index) count(i int) uint64 {
	if i+1 < len(x.blocks) {
		return uint64(x.blocks[i+1].first - x.blocks[i].first)
	}
	return uint64(x.meta.Last-x.blocks[i].first) + 1
}

// blockOf returns the block that holds the offset, which is not below the
// extent's first.
func (x *index) blockOf(o storage.Offset) int {
	return sort.Search(len(x.blocks), func(i int) bool { return x.blocks[i].first > o }) - 1
}

// blockAt returns the first block that may hold a record that arrived at or
// after millis. Arrival times never decrease, but blocks may share one.
func (x *index) blockAt(millis int64) int {
	i := sort.Search(len(x.blocks), func(i int) bool { return x.blocks[i].firstMillis >= millis })
	return max(i-1, 0)
}
