package stream

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// A limb is the number that 19 decimal digits can say; it fits 64 bits. Large
// numbers are converted a limb at a time.
const (
	limbDigits = 19
	limb       = 1e19
)

var errDecimal = errors.New("not a decimal number")

// appendLimbs appends top·10^38 + mid·10^19 + low in decimal, each of the three
// below 10^19.
//
// Limbs are put from the last to the first, since each begins with five zeros
// too many, which the end of the limb before it overwrites.
func appendLimbs(dst []byte, top, mid, low uint64) []byte {
	var buf [5 + 3*limbDigits]byte
	putLimb(buf[2*limbDigits:], low)
	putLimb(buf[limbDigits:], mid)
	putLimb(buf[:], top)
	from := 5
	for from < len(buf)-1 && buf[from] == '0' {
		from++
	}
	return append(dst, buf[from:]...)
}

// appendUint appends v in decimal, with leading zeros up to width digits; width
// is from 1 to 20.
func appendUint(dst []byte, v uint64, width int) []byte {
	var buf [24]byte
	putLimb(buf[:], v)
	from := 0
	for from < len(buf)-width && buf[from] == '0' {
		from++
	}
	return append(dst, buf[from:]...)
}

// putLimb writes v as 24 digits. The three parts do not wait for one another,
// and every record's sequence number is made of limbs, which is why this is
// not a loop.
func putLimb(buf []byte, v uint64) {
	_ = buf[23]
	top, rest := v/1e16, v%1e16
	binary.LittleEndian.PutUint64(buf[0:], eightDigits(top))
	binary.LittleEndian.PutUint64(buf[8:], eightDigits(rest/1e8))
	binary.LittleEndian.PutUint64(buf[16:], eightDigits(rest%1e8))
}

// eightDigits returns the ASCII digits of v, below 10^8, the first one in the
// lowest byte. It halves the number thrice, all halves of a step at once: two
// numbers of four digits in 32 bits each, four of two in 16, eight of one in 8.
// The multiplications by 10486/2^20 and 103/2^10 are exact divisions by 100 and
// 10 in the ranges that occur (below 10^4 and below 100).
func eightDigits(v uint64) uint64 {
	v = v/1e4 | v%1e4<<32
	hundreds := v * 10486 >> 20 & 0x7f_0000007f
	v = hundreds | (v-100*hundreds)<<16
	tens := v * 103 >> 10 & 0x000f_000f_000f_000f
	v = tens | (v-10*tens)<<8
	return v | 0x3030303030303030
}

// parseLimb reads text, 1 to 19 digits long.
func parseLimb[T string | []byte](text T) (uint64, error) {
	var v uint64
	for i := 0; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			return 0, errDecimal
		}
		v = v*10 + uint64(d)
	}
	return v, nil
}

// uint192 is a number of 192 bits, most significant first.
type uint192 [3]uint64

// parseUint192 reads a decimal number of any length, leading zeros included.
func parseUint192[T string | []byte](text T) (uint192, error) {
	var n uint192
	if len(text) == 0 {
		return n, errDecimal
	}
	head := len(text) % limbDigits
	if head == 0 {
		head = limbDigits
	}
	for from, to := 0, head; from < len(text); from, to = to, to+limbDigits {
		v, err := parseLimb(text[from:to])
		if err != nil {
			return uint192{}, err
		}
		var overflow uint64
		if n, overflow = n.mulAdd(limb, v); overflow != 0 {
			return uint192{}, errDecimal
		}
	}
	return n, nil
}

// mulAdd returns n·factor + addend, and what of it lies beyond 192 bits.
func (n uint192) mulAdd(factor, addend uint64) (uint192, uint64) {
	for i := len(n) - 1; i >= 0; i-- {
		hi, lo := bits.Mul64(n[i], factor)
		var c uint64
		n[i], c = bits.Add64(lo, addend, 0)
		addend = hi + c // hi is below 2^64-1, so this cannot wrap
	}
	return n, addend
}
