// Package entry is the byte form of what disklog keeps: records, and the
// entries of journal frames that carry them, commands and manifest changes.
package entry

import (
	"encoding/binary"
	"errors"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// A record has one byte form, in journal entries, in tail chunks and in extent
// blocks, so that it is encoded once and copied from then on:
//
//	arrival time   8 B  Unix milliseconds, little-endian
//	flags          1 B  1 = an explicit hash key follows the partition key,
//	                    2 = a key version follows the flags
//	key version    4 B  little-endian, not 0, when flagged
//	key length     uvarint
//	partition key
//	hash key       16 B big-endian, when flagged
//	data length    uvarint
//	data
//
// Shard and offset are known from where the record is found.
const (
	flagExplicitHashKey = 1
	flagKeyVersion      = 2
)

// ErrMalformed says that bytes are not what this package writes. Callers have
// checked a checksum before, so it means a bug or an unknown format.
var ErrMalformed = errors.New("malformed entry")

// MaxRecordOverhead is the most that a record's form adds to its partition key
// and data.
const MaxRecordOverhead = 8 + 1 + 4 + binary.MaxVarintLen32 + 16 + binary.MaxVarintLen32

// AppendRecord appends the byte form of r to dst.
func AppendRecord(dst []byte, r *storage.Record) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.ArrivalMillis))
	var flags byte
	if r.HasExplicitHashKey {
		flags |= flagExplicitHashKey
	}
	if r.KeyVersion != 0 {
		flags |= flagKeyVersion
	}
	dst = append(dst, flags)
	if r.KeyVersion != 0 {
		dst = binary.LittleEndian.AppendUint32(dst, r.KeyVersion)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.PartitionKey)))
	dst = append(dst, r.PartitionKey...)
	if r.HasExplicitHashKey {
		dst = binary.BigEndian.AppendUint64(dst, r.ExplicitHashKey.Hi)
		dst = binary.BigEndian.AppendUint64(dst, r.ExplicitHashKey.Lo)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.Data)))
	return append(dst, r.Data...)
}

// DecodeRecord decodes the record at the start of src into r, with views of
// src, and returns how many bytes it takes. Shard and Offset are left alone.
func DecodeRecord(src []byte, r *storage.Record) (int, error) {
	if len(src) < 9 || src[8]&^(flagExplicitHashKey|flagKeyVersion) != 0 {
		return 0, ErrMalformed
	}
	r.ArrivalMillis = int64(binary.LittleEndian.Uint64(src))
	r.HasExplicitHashKey = src[8]&flagExplicitHashKey != 0
	at := 9
	r.KeyVersion = 0
	if src[8]&flagKeyVersion != 0 {
		if len(src) < at+4 {
			return 0, ErrMalformed
		}
		r.KeyVersion = binary.LittleEndian.Uint32(src[at:])
		if r.KeyVersion == 0 {
			return 0, ErrMalformed
		}
		at += 4
	}
	key, at := view(src, at)
	if key == nil {
		return 0, ErrMalformed
	}
	r.PartitionKey = key
	r.ExplicitHashKey = stream.HashKey{}
	if r.HasExplicitHashKey {
		if len(src)-at < 16 {
			return 0, ErrMalformed
		}
		r.ExplicitHashKey.Hi = binary.BigEndian.Uint64(src[at:])
		r.ExplicitHashKey.Lo = binary.BigEndian.Uint64(src[at+8:])
		at += 16
	}
	data, at := view(src, at)
	if data == nil {
		return 0, ErrMalformed
	}
	r.Data = data
	return at, nil
}

// view returns the length-prefixed bytes at src[at:] and where they end, or
// nil when they do not fit.
func view(src []byte, at int) ([]byte, int) {
	n, w := binary.Uvarint(src[at:])
	if w <= 0 || n > uint64(len(src)-at-w) {
		return nil, 0
	}
	at += w
	end := at + int(n)
	return src[at:end:end], end
}
