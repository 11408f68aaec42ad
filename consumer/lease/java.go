package lease

import (
	"cmp"
	"unicode/utf16"
)

// leaderSeed is the one that the KCL shuffles workers with to find a leader.
const leaderSeed = 1947

// javaRandom is java.util.Random: a 48-bit linear congruential generator. The
// workers of KCL 2.x agree on a leader by using the same one.
type javaRandom uint64

// newJavaRandom returns the generator for a seed.
func newJavaRandom(seed uint64) javaRandom { return javaRandom((seed ^ 0x5deece66d) & (1<<48 - 1)) }

// next returns that many new bits, 31 at most.
func (r *javaRandom) next(bits int) int32 {
	*r = (*r*0x5deece66d + 0xb) & (1<<48 - 1)
	return int32(*r >> (48 - bits))
}

// intN returns a number in [0, n), for n > 0.
func (r *javaRandom) intN(n int32) int32 {
	if n&-n == n {
		return int32(int64(n) * int64(r.next(31)) >> 31)
	}
	for {
		bits := r.next(31)
		value := bits % n
		if bits-value+(n-1) >= 0 { // else it is of the incomplete last stretch
			return value
		}
	}
}

// shuffleJava brings the texts into the order that java.util.Collections
// brings a list into with this seed.
func shuffleJava(texts []string, seed uint64) {
	r := newJavaRandom(seed)
	for i := len(texts); i > 1; i-- {
		j := r.intN(int32(i))
		texts[i-1], texts[j] = texts[j], texts[i-1]
	}
}

// compareJava orders texts as java.lang.String does: by UTF-16 code units.
// Go's order of bytes differs where a text has characters beyond U+FFFF.
func compareJava(a, b string) int {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return cmp.Compare(x[i], y[i])
		}
	}
	return cmp.Compare(len(x), len(y))
}
