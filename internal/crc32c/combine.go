// Package crc32c adds to hash/crc32 what it lacks: it puts the CRC32C of two
// texts together, so that texts need not be walked again, and can be summed while
// they are in the processor's cache.
package crc32c

// poly is Castagnoli's polynomial without its highest term. The coefficient of
// x^0 is the highest bit of a number here, that of x^31 the lowest.
const poly = 0x82f63b78

// one is the polynomial 1.
const one = 1 << 31

// shifts holds x^(8·2^i) modulo Castagnoli's polynomial at i: what a sum is
// multiplied with when 2^i bytes follow.
var shifts = func() (s [63]uint32) {
	s[0] = one >> 8
	for i := range len(s) - 1 {
		s[i+1] = multiply(s[i], s[i])
	}
	return s
}()

// Combine returns the CRC32C of a text whose first part has the sum first, and
// whose last n bytes have the sum last.
func Combine(first, last uint32, n int) uint32 {
	for i := 0; n > 0 && first != 0; i++ { // 0 stays 0
		if n&1 != 0 {
			first = multiply(shifts[i], first)
		}
		n >>= 1
	}
	return first ^ last
}

// multiply returns a·b modulo Castagnoli's polynomial.
func multiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		// -(a>>31) is all ones where a has the term at hand.
		product ^= b & -(a >> 31)
		b = b>>1 ^ poly&-(b&1)
	}
	return product
}
