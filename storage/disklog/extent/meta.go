package extent

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

// Meta is what the manifest keeps of an extent: what it holds, and where.
// 80 bytes in memory, about 25 to 40 in byte form.
type Meta struct {
	Key storage.ShardKey
	// Class and File name the file. File alone is unique in an installation:
	// a number is never used for other content.
	Class Class
	File  uint64
	// Pos and Length are the extent's region in the file, in bytes, header
	// and padding included. Both are multiples of 4096.
	Pos, Length int64
	// First and Last are the offsets of the first and the last record; all
	// between them are there.
	First, Last storage.Offset
	// FirstMillis and LastMillis are the arrival times of those two.
	FirstMillis, LastMillis int64
	// Bytes counts partition keys and data, as ReadRequest.MaxBytes does.
	Bytes int64
	// Moved says that the records were in another extent before, or in several.
	Moved bool
}

// movedBit is added to the class in the byte form of an extent with Moved.
const movedBit = 0x80

// Count returns the number of records.
func (m Meta) Count() uint64 { return uint64(m.Last-m.First) + 1 }

// String returns the form used in logs and by leat debug.
func (m Meta) String() string {
	moved := ""
	if m.Moved {
		moved = ", moved"
	}
	return fmt.Sprintf("shard %s offsets %d-%d arrived %d-%d, %d bytes in file %s/%08x at %d+%d%s",
		m.Key, m.First, m.Last, m.FirstMillis, m.LastMillis, m.Bytes, m.Class, m.File, m.Pos, m.Length, moved)
}

// Append appends the byte form of m to dst: the class, one byte, of which the
// highest bit is Moved, then as varints the stream, shard, file, position and length in units of 4096,
// first offset, last minus first offset, first arrival (signed), last minus
// first arrival, bytes.
//
// It has no checksum; what it is embedded in must have one.
func (m Meta) Append(dst []byte) []byte {
	class := byte(m.Class)
	if m.Moved {
		class |= movedBit
	}
	dst = append(dst, class)
	dst = binary.AppendUvarint(dst, uint64(m.Key.Stream))
	dst = binary.AppendUvarint(dst, uint64(m.Key.Shard))
	dst = binary.AppendUvarint(dst, m.File)
	dst = binary.AppendUvarint(dst, uint64(m.Pos/pageBytes))
	dst = binary.AppendUvarint(dst, uint64(m.Length/pageBytes))
	dst = binary.AppendUvarint(dst, uint64(m.First))
	dst = binary.AppendUvarint(dst, uint64(m.Last-m.First))
	dst = binary.AppendVarint(dst, m.FirstMillis)
	dst = binary.AppendUvarint(dst, uint64(m.LastMillis-m.FirstMillis))
	return binary.AppendUvarint(dst, uint64(m.Bytes))
}

// DecodeMeta decodes the byte form at the start of src and returns how many
// bytes it takes. Bytes that Append cannot have written give an error that
// wraps entry.ErrMalformed.
func DecodeMeta(src []byte) (Meta, int, error) {
	if len(src) == 0 {
		return Meta{}, 0, fmt.Errorf("extent: %w", entry.ErrMalformed)
	}
	v := varints{src: src[1:]}
	m := Meta{Class: Class(src[0] &^ movedBit), Moved: src[0]&movedBit != 0}
	m.Key.Stream = storage.StreamID(v.max(math.MaxUint32))
	m.Key.Shard = uint32(v.max(math.MaxUint32))
	m.File = v.max(math.MaxUint64)
	m.Pos = int64(v.max(maxFileBytes/pageBytes)) * pageBytes
	m.Length = int64(v.max(maxFileBytes/pageBytes)) * pageBytes
	m.First = storage.Offset(v.max(math.MaxUint64))
	m.Last = m.First + storage.Offset(v.max(math.MaxUint64))
	m.FirstMillis = v.signed()
	m.LastMillis = m.FirstMillis + int64(v.max(math.MaxInt64))
	m.Bytes = int64(v.max(math.MaxInt64))
	if reason := m.check(); v.bad || reason != "" {
		return Meta{}, 0, fmt.Errorf("extent: %w", entry.ErrMalformed)
	}
	return m, len(src) - len(v.src), nil
}

// check says what is impossible about m, or nothing. An m that passes cannot
// make arithmetic on its fields overflow.
func (m Meta) check() string {
	switch {
	case !m.Class.valid():
		return "unknown retention class"
	case m.Pos < pageBytes || m.Pos%pageBytes != 0 || m.Pos > maxFileBytes:
		return "impossible position"
	case m.Length <= 0 || m.Length%pageBytes != 0 || m.Length > maxFileBytes-m.Pos:
		return "impossible length"
	case m.Bytes < 0 || m.Bytes > maxFileBytes:
		return "impossible size"
	}
	return m.checkRange()
}

// checkRange is the part of check that does not depend on the file.
func (m Meta) checkRange() string {
	switch {
	case m.Last < m.First || m.Last == math.MaxUint64 || m.Last-m.First > maxFileBytes:
		return "impossible offsets"
	case m.LastMillis < m.FirstMillis:
		return "impossible arrival times"
	}
	return ""
}

// varints reads numbers from src and remembers whether one was bad.
type varints struct {
	src []byte
	bad bool
}

// max reads an unsigned number that is at most limit.
func (v *varints) max(limit uint64) uint64 {
	n, w := binary.Uvarint(v.src)
	if w <= 0 || n > limit {
		v.bad = true
		return 0
	}
	v.src = v.src[w:]
	return n
}

// signed reads a signed number.
func (v *varints) signed() int64 {
	n, w := binary.Varint(v.src)
	if w <= 0 {
		v.bad = true
		return 0
	}
	v.src = v.src[w:]
	return n
}
