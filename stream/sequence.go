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

// maxCreateSeconds bounds the create time from above (spec data-streams §12.2).
const maxCreateSeconds = 16025175000

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

// Version returns the number of the layout: 2 for every number issued since
// 2015, 0 and 1 for the older ones, -1 for what is no sequence number.
func (s SequenceNumber) Version() int {
	switch {
	case s.hi < 2: // below 2^129
		return 0
	case s.hi>>56 == 2 && s.lo&0xf == 2:
		return 2
	case s.hi>>56 == 2 && s.lo&0xf == 1:
		return 1
	}
	return -1
}

// Parts returns the fields of s. Of the older layouts it knows the create time
// and the shard only.
func (s SequenceNumber) Parts() SequenceParts {
	if s.Version() == 0 {
		hi := s.mid
		if s.hi == 0 && hi < 1<<60 {
			hi += 1 << 60 // a number below 2^124 stands for itself plus 2^124
		}
		return SequenceParts{CreateSeconds: int64(hi >> 24 & (1<<36 - 1)), Shard: ShardID(s.lo & 0xffff)}
	}
	p := SequenceParts{
		CreateSeconds: int64(s.hi >> 20 & (1<<36 - 1)),
		Shard:         ShardID(uint32(s.lo >> 4)),
	}
	if s.Version() == 2 {
		p.Seconds = int64(s.lo>>36 | s.mid&0xff<<28)
		p.Index = s.mid>>16 | s.hi&0xffff<<48
	}
	return p
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
	// No layout reaches 1.5·2^185, so no quotient here takes two words: the
	// number is below 10^57, without its last 19 digits below 10^38.
	q1, r := bits.Div64(s.hi, s.mid, limb)
	q0, low := bits.Div64(r, s.lo, limb)
	top, mid := bits.Div64(q1, q0, limb)
	return appendLimbs(dst, top, mid, low)
}

// String returns the decimal form.
func (s SequenceNumber) String() string { return string(s.Append(make([]byte, 0, 56))) }

// ParseSequenceNumber reads a version-2 sequence number. Anything that is not
// one (other layouts, numbers out of range) gives ErrSequenceNumber.
func ParseSequenceNumber[T string | []byte](text T) (SequenceNumber, error) {
	s, err := ParseAnySequenceNumber(text)
	if err != nil || s.Version() != 2 {
		return SequenceNumber{}, ErrSequenceNumber
	}
	return s, nil
}

// ParseAnySequenceNumber reads a sequence number of any layout that AWS has
// used, the old ones being those of versions 0 and 1. Anything else gives
// ErrSequenceNumber.
func ParseAnySequenceNumber[T string | []byte](text T) (SequenceNumber, error) {
	n, err := parseUint192(text)
	if err != nil {
		return SequenceNumber{}, ErrSequenceNumber
	}
	s := SequenceNumber{n[0], n[1], n[2]}
	p := s.Parts()
	if s.Version() < 0 || p.CreateSeconds >= maxCreateSeconds || p.Index > EndIndex {
		return SequenceNumber{}, ErrSequenceNumber
	}
	return s, nil
}
