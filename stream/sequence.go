package stream

import (
	"errors"
	"math/bits"
)

// SequenceNumber is the public, per-shard ordered number of a record: the
// 186-bit version-2 layout of spec data-streams §12.2, kept as its value. The
// zero value is no sequence number.
type SequenceNumber struct {
	hi, mid, lo uint64 // hi holds bits 128 and up
}

// SequenceParts are the fields of a version-2 sequence number.
type SequenceParts struct {
	// CreateSeconds is when the shard was created, Seconds when the record
	// arrived or the shard was closed; both Unix seconds below 2^36.
	CreateSeconds, Seconds int64
	// Index counts the records of a shard from 1. StartIndex and EndIndex are
	// those of the numbers that bound a shard.
	Index uint64
	Shard ShardID
}

// The Index of a shard's StartingSequenceNumber, and of the
// EndingSequenceNumber of a closed one.
const (
	StartIndex = 0
	EndIndex   = 1<<63 - 1
)

// ErrSequenceNumber says that a text is not a sequence number AWS would issue.
var ErrSequenceNumber = errors.New("not a sequence number")

// Number returns the sequence number with these parts.
func (p SequenceParts) Number() SequenceNumber {
	shard := uint64(uint32(p.Shard))
	seconds, create := uint64(p.Seconds), uint64(p.CreateSeconds)
	return SequenceNumber{
		lo:  2 | shard<<4 | seconds<<36,
		mid: seconds>>28 | p.Index<<16,
		hi:  p.Index>>48 | (shard&0xf)<<16 | create<<20 | 2<<56,
	}
}

// Parts returns the fields of s.
func (s SequenceNumber) Parts() SequenceParts {
	return SequenceParts{
		CreateSeconds: int64(s.hi >> 20 & (1<<36 - 1)),
		Seconds:       int64(s.lo>>36 | s.mid&0xff<<28),
		Index:         s.mid>>16 | s.hi&0xffff<<48,
		Shard:         ShardID(uint32(s.lo >> 4)),
	}
}

// IsZero reports whether s is no sequence number at all.
func (s SequenceNumber) IsZero() bool { return s == SequenceNumber{} }

// Compare returns -1, 0 or +1 as s is below, equal to or above other.
func (s SequenceNumber) Compare(other SequenceNumber) int {
	switch {
	case s == other:
		return 0
	case s.hi != other.hi:
		if s.hi < other.hi {
			return -1
		}
		return 1
	}
	return HashKey{s.mid, s.lo}.Compare(HashKey{other.mid, other.lo})
}

// Append appends the decimal form, 56 digits for any time until 2255.
func (s SequenceNumber) Append(dst []byte) []byte {
	q := [3]uint64{s.hi, s.mid, s.lo}
	var low, mid uint64
	q, low = div1e19(q)
	q, mid = div1e19(q)
	// 2^192 < 10^58, so what is left has at most 20 digits.
	dst = appendUint(dst, q[2], 1)
	return appendUint(appendUint(dst, mid, 19), low, 19)
}

// String returns the decimal form.
func (s SequenceNumber) String() string { return string(s.Append(make([]byte, 0, 56))) }

// div1e19 returns q/10^19 and q%10^19.
func div1e19(q [3]uint64) ([3]uint64, uint64) {
	var r uint64
	for i := range q {
		q[i], r = bits.Div64(r, q[i], 1e19)
	}
	return q, r
}

// ParseSequenceNumber reads a version-2 sequence number. Anything that is not
// one (other layouts, numbers out of range) gives ErrSequenceNumber.
func ParseSequenceNumber[T string | []byte](text T) (SequenceNumber, error) {
	var s SequenceNumber
	if len(text) == 0 || len(text) > 57 {
		return s, ErrSequenceNumber
	}
	for i := 0; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			return SequenceNumber{}, ErrSequenceNumber
		}
		h0, lo := bits.Mul64(s.lo, 10)
		h1, mid := bits.Mul64(s.mid, 10)
		h2, hi := bits.Mul64(s.hi, 10)
		var c uint64
		lo, c = bits.Add64(lo, uint64(d), 0)
		mid, c = bits.Add64(mid, h0, c)
		hi, c = bits.Add64(hi, h1, c)
		if h2 != 0 || c != 0 {
			return SequenceNumber{}, ErrSequenceNumber
		}
		s = SequenceNumber{hi, mid, lo}
	}
	p := s.Parts()
	if s.hi>>56 != 2 || s.lo&0xf != 2 || p.CreateSeconds >= 16025175000 || p.Index > EndIndex {
		return SequenceNumber{}, ErrSequenceNumber
	}
	return s, nil
}
