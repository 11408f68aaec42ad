package stream

import (
	"crypto/md5"
	"encoding/binary"
	"errors"
	"math/bits"
)

// HashKey is a place in the hash key space, a 128-bit unsigned integer. The
// zero value is the lowest.
type HashKey struct {
	Hi, Lo uint64
}

// MaxHashKey is 2^128-1, the highest hash key.
var MaxHashKey = HashKey{^uint64(0), ^uint64(0)}

// ErrHashKey says that a text is not a decimal number in [0, 2^128-1].
var ErrHashKey = errors.New("not a hash key in [0, 2^128-1]")

// HashPartitionKey returns the hash key of a partition key: its MD5 read as a
// big-endian number (spec data-streams §12.1).
func HashPartitionKey(partitionKey []byte) HashKey {
	sum := md5.Sum(partitionKey)
	return HashKey{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// ParseHashKey reads a decimal number. It accepts leading zeros.
func ParseHashKey[T string | []byte](text T) (HashKey, error) {
	n, err := parseUint192(text)
	if err != nil || n[0] != 0 {
		return HashKey{}, ErrHashKey
	}
	return HashKey{n[1], n[2]}, nil
}

// Compare returns -1, 0 or +1 as k is below, equal to or above other.
func (k HashKey) Compare(other HashKey) int {
	switch {
	case k == other:
		return 0
	case k.Hi < other.Hi || k.Hi == other.Hi && k.Lo < other.Lo:
		return -1
	}
	return 1
}

// Less reports whether k is below other.
func (k HashKey) Less(other HashKey) bool { return k.Compare(other) < 0 }

// Next returns k+1, wrapping from MaxHashKey to 0.
func (k HashKey) Next() HashKey {
	lo, c := bits.Add64(k.Lo, 1, 0)
	return HashKey{k.Hi + c, lo}
}

// Prev returns k-1, wrapping from 0 to MaxHashKey.
func (k HashKey) Prev() HashKey {
	lo, b := bits.Sub64(k.Lo, 1, 0)
	return HashKey{k.Hi - b, lo}
}

// Append appends the decimal form to dst.
func (k HashKey) Append(dst []byte) []byte {
	q, low := k.divModLimb()
	q, mid := q.divModLimb()
	return appendLimbs(dst, q.Lo, mid, low)
}

// String returns the decimal form, as HashKeyRange members have it.
func (k HashKey) String() string { return string(k.Append(make([]byte, 0, 39))) }

// MarshalText returns the decimal form.
func (k HashKey) MarshalText() ([]byte, error) { return k.Append(nil), nil }

// UnmarshalText reads the decimal form.
func (k *HashKey) UnmarshalText(text []byte) (err error) {
	*k, err = ParseHashKey(text)
	return err
}

// divModLimb returns k/10^19 and k%10^19.
func (k HashKey) divModLimb() (HashKey, uint64) {
	hi, r := k.Hi/limb, k.Hi%limb
	lo, r := bits.Div64(r, k.Lo, limb)
	return HashKey{hi, lo}, r
}

// HashKeyRange is the part of the hash key space that a shard owns, both ends
// inclusive.
type HashKeyRange struct {
	Start, End HashKey
}

// Contains reports whether k lies in the range.
func (r HashKeyRange) Contains(k HashKey) bool { return !k.Less(r.Start) && !r.End.Less(k) }

// Evenly cuts the whole hash key space into n ranges as CreateStream does: all
// of floor(2^128/n) keys, but for the last, which also takes the remainder
// (spec data-streams §12.1). It panics when n < 1.
func Evenly(n int) []HashKeyRange {
	ranges := make([]HashKeyRange, n)
	step := evenStep(uint64(n))
	var start HashKey
	for i := range ranges {
		next := HashKey{}
		var c uint64
		next.Lo, c = bits.Add64(start.Lo, step.Lo, 0)
		next.Hi, _ = bits.Add64(start.Hi, step.Hi, c)
		ranges[i] = HashKeyRange{start, next.Prev()}
		start = next
	}
	ranges[n-1].End = MaxHashKey
	return ranges
}

// evenStep returns floor(2^128/n), and 0 for n = 1, which is 2^128 modulo the
// size of the space.
func evenStep(n uint64) HashKey {
	// 2^128/n = (1·2^128 + 0)/n, one limb at a time.
	hi, r := bits.Div64(1%n, 0, n)
	lo, _ := bits.Div64(r, 0, n)
	return HashKey{hi, lo}
}
