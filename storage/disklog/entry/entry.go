package entry

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/leat-io/leat/storage"
)

// The payload of a journal frame is a sequence of entries, each of them
//
//	length   uvarint  bytes of what follows, kind included; never 0
//	kind     1 B
//	body
//
// with a body by kind (integers little-endian):
//
//	1 record      stream u32, shard u32, offset u64, record in its byte form
//	2 command     length of the machine's name u8, name, command
//	3 extent      extent.Meta in its byte form
//	4 trim        stream u32, shard u32, first offset kept u64
//	5 checkpoint  LSN of a snapshot that has become durable u64
//	6 replacement extent.Meta in its byte form, of an extent that takes the
//	              place of those that hold the same records; from format 2
type Kind byte

// The kinds of entries. The numbers are part of the format.
const (
	Record      Kind = 1
	Command     Kind = 2
	Extent      Kind = 3
	Trim        Kind = 4
	Checkpoint  Kind = 5
	Replacement Kind = 6
)

// String returns the kind's name as leat debug prints it.
func (k Kind) String() string {
	switch k {
	case Record:
		return "record"
	case Command:
		return "command"
	case Extent:
		return "extent"
	case Trim:
		return "trim"
	case Checkpoint:
		return "checkpoint"
	case Replacement:
		return "replacement"
	}
	return fmt.Sprintf("kind %d", byte(k))
}

const (
	keySize        = 4 + 4
	recordHeadSize = keySize + 8
)

// MaxOverhead is the most that an entry adds to the partition key and data of
// its record.
const MaxOverhead = binary.MaxVarintLen32 + 1 + recordHeadSize + MaxRecordOverhead

// uvarintSize returns how many bytes AppendUvarint adds for v.
func uvarintSize(v int) int { return (bits.Len64(uint64(v)|1) + 6) / 7 }

// RecordSize returns the length of r's byte form.
func RecordSize(r *storage.Record) int {
	n := 8 + 1 + uvarintSize(len(r.PartitionKey)) + len(r.PartitionKey) + uvarintSize(len(r.Data)) + len(r.Data)
	if r.HasExplicitHashKey {
		n += 16
	}
	if r.KeyVersion != 0 {
		n += 4
	}
	return n
}

// AppendRecordEntry appends r, with the offset and arrival time set in it, as
// an entry of the stream. The record's byte form is at the end of the result.
func AppendRecordEntry(dst []byte, id storage.StreamID, r *storage.Record) []byte {
	dst = binary.AppendUvarint(dst, uint64(1+recordHeadSize+RecordSize(r)))
	dst = append(dst, byte(Record))
	dst = appendKey(dst, storage.ShardKey{Stream: id, Shard: r.Shard})
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.Offset))
	return AppendRecord(dst, r)
}

// AppendCommand appends a command for the named machine as an entry. The name
// has at most 255 bytes.
func AppendCommand(dst []byte, machine string, command []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(1+1+len(machine)+len(command)))
	dst = append(dst, byte(Command), byte(len(machine)))
	dst = append(dst, machine...)
	return append(dst, command...)
}

// AppendExtent appends an extent's description, in its own byte form, as an
// entry.
func AppendExtent(dst, meta []byte) []byte { return appendMeta(dst, Extent, meta) }

// AppendReplacement is AppendExtent for an extent that takes the place of
// others.
func AppendReplacement(dst, meta []byte) []byte { return appendMeta(dst, Replacement, meta) }

func appendMeta(dst []byte, kind Kind, meta []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(1+len(meta)))
	dst = append(dst, byte(kind))
	return append(dst, meta...)
}

// AppendTrim appends, as an entry, that the shard log begins at first.
func AppendTrim(dst []byte, key storage.ShardKey, first storage.Offset) []byte {
	dst = binary.AppendUvarint(dst, 1+keySize+8)
	dst = append(dst, byte(Trim))
	dst = appendKey(dst, key)
	return binary.LittleEndian.AppendUint64(dst, uint64(first))
}

// AppendCheckpoint appends, as an entry, that the snapshot at lsn is durable.
func AppendCheckpoint(dst []byte, lsn uint64) []byte {
	dst = binary.AppendUvarint(dst, 1+8)
	dst = append(dst, byte(Checkpoint))
	return binary.LittleEndian.AppendUint64(dst, lsn)
}

func appendKey(dst []byte, key storage.ShardKey) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(key.Stream))
	return binary.LittleEndian.AppendUint32(dst, key.Shard)
}

// Next splits the first entry off a payload that is not empty.
func Next(src []byte) (kind Kind, body, rest []byte, err error) {
	n, w := binary.Uvarint(src)
	if w <= 0 || n == 0 || n > uint64(len(src)-w) {
		return 0, nil, nil, ErrMalformed
	}
	end := w + int(n)
	return Kind(src[w]), src[w+1 : end : end], src[end:], nil
}

// RecordBody takes the body of a record entry apart. The byte form is a view
// of it, not checked yet.
func RecordBody(body []byte) (key storage.ShardKey, offset storage.Offset, form []byte, err error) {
	if len(body) < recordHeadSize {
		return key, 0, nil, ErrMalformed
	}
	offset = storage.Offset(binary.LittleEndian.Uint64(body[keySize:]))
	return decodeKey(body), offset, body[recordHeadSize:], nil
}

// CommandBody takes the body of a command entry apart.
func CommandBody(body []byte) (machine string, command []byte, err error) {
	if len(body) < 1 || len(body) < 1+int(body[0]) {
		return "", nil, ErrMalformed
	}
	n := 1 + int(body[0])
	return string(body[1:n]), body[n:], nil
}

// TrimBody takes the body of a trim entry apart.
func TrimBody(body []byte) (key storage.ShardKey, first storage.Offset, err error) {
	if len(body) != keySize+8 {
		return key, 0, ErrMalformed
	}
	return decodeKey(body), storage.Offset(binary.LittleEndian.Uint64(body[keySize:])), nil
}

// CheckpointBody takes the body of a checkpoint entry apart.
func CheckpointBody(body []byte) (lsn uint64, err error) {
	if len(body) != 8 {
		return 0, ErrMalformed
	}
	return binary.LittleEndian.Uint64(body), nil
}

func decodeKey(src []byte) storage.ShardKey {
	return storage.ShardKey{
		Stream: storage.StreamID(binary.LittleEndian.Uint32(src)),
		Shard:  binary.LittleEndian.Uint32(src[4:]),
	}
}
