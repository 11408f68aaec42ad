package stream

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"
)

// HashPartitionKeys returns the hash keys of two partition keys, for little more
// than the price of one: MD5 is a chain of operations each of which waits for
// the one before, so that a core has room for a second chain beside the first.
// Every record that is put is hashed, which is most of what a put costs besides
// moving bytes.
func HashPartitionKeys(a, b []byte) (HashKey, HashKey) {
	if len(a) > maxOneBlock || len(b) > maxOneBlock {
		return HashPartitionKey(a), HashPartitionKey(b)
	}
	var x, y md5Block
	x.pad(a)
	y.pad(b)
	return md5Pair(&x, &y)
}

// maxOneBlock is the length of the longest message that fits one block of MD5
// with its padding.
const maxOneBlock = md5.BlockSize - 9

// md5Block is one block of a message.
type md5Block [md5.BlockSize]byte

// pad makes x, which is zero, the only block of a message of at most
// maxOneBlock bytes.
func (x *md5Block) pad(message []byte) {
	x[copy(x[:], message)] = 0x80
	binary.LittleEndian.PutUint32(x[md5.BlockSize-8:], uint32(len(message))*8)
}

// word returns the i-th of the block's 16 words.
func (x *md5Block) word(i int) uint32 { return binary.LittleEndian.Uint32(x[4*i:]) }

// The state that MD5 begins with.
const (
	md5A = 0x67452301
	md5B = 0xefcdab89
	md5C = 0x98badcfe
	md5D = 0x10325476
)

// md5Sines are the constants of the 64 steps. They are no Go constants, for the
// compiler would add those last, when a step already waits for its result.
var md5Sines = [64]uint32{
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee,
	0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
	0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
	0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
	0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039,
	0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
	0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
}

// md5Round1 is the first round of two chains, a to d and e to h.
func md5Round1(x, y *md5Block, a, b, c, d, e, f, g, h uint32) (_, _, _, _, _, _, _, _ uint32) {
	a = b + bits.RotateLeft32(a+x.word(0)+md5Sines[0]+((c^d)&b^d), 7)
	e = f + bits.RotateLeft32(e+y.word(0)+md5Sines[0]+((g^h)&f^h), 7)
	d = a + bits.RotateLeft32(d+x.word(1)+md5Sines[1]+((b^c)&a^c), 12)
	h = e + bits.RotateLeft32(h+y.word(1)+md5Sines[1]+((f^g)&e^g), 12)
	c = d + bits.RotateLeft32(c+x.word(2)+md5Sines[2]+((a^b)&d^b), 17)
	g = h + bits.RotateLeft32(g+y.word(2)+md5Sines[2]+((e^f)&h^f), 17)
	b = c + bits.RotateLeft32(b+x.word(3)+md5Sines[3]+((d^a)&c^a), 22)
	f = g + bits.RotateLeft32(f+y.word(3)+md5Sines[3]+((h^e)&g^e), 22)
	a = b + bits.RotateLeft32(a+x.word(4)+md5Sines[4]+((c^d)&b^d), 7)
	e = f + bits.RotateLeft32(e+y.word(4)+md5Sines[4]+((g^h)&f^h), 7)
	d = a + bits.RotateLeft32(d+x.word(5)+md5Sines[5]+((b^c)&a^c), 12)
	h = e + bits.RotateLeft32(h+y.word(5)+md5Sines[5]+((f^g)&e^g), 12)
	c = d + bits.RotateLeft32(c+x.word(6)+md5Sines[6]+((a^b)&d^b), 17)
	g = h + bits.RotateLeft32(g+y.word(6)+md5Sines[6]+((e^f)&h^f), 17)
	b = c + bits.RotateLeft32(b+x.word(7)+md5Sines[7]+((d^a)&c^a), 22)
	f = g + bits.RotateLeft32(f+y.word(7)+md5Sines[7]+((h^e)&g^e), 22)
	a = b + bits.RotateLeft32(a+x.word(8)+md5Sines[8]+((c^d)&b^d), 7)
	e = f + bits.RotateLeft32(e+y.word(8)+md5Sines[8]+((g^h)&f^h), 7)
	d = a + bits.RotateLeft32(d+x.word(9)+md5Sines[9]+((b^c)&a^c), 12)
	h = e + bits.RotateLeft32(h+y.word(9)+md5Sines[9]+((f^g)&e^g), 12)
	c = d + bits.RotateLeft32(c+x.word(10)+md5Sines[10]+((a^b)&d^b), 17)
	g = h + bits.RotateLeft32(g+y.word(10)+md5Sines[10]+((e^f)&h^f), 17)
	b = c + bits.RotateLeft32(b+x.word(11)+md5Sines[11]+((d^a)&c^a), 22)
	f = g + bits.RotateLeft32(f+y.word(11)+md5Sines[11]+((h^e)&g^e), 22)
	a = b + bits.RotateLeft32(a+x.word(12)+md5Sines[12]+((c^d)&b^d), 7)
	e = f + bits.RotateLeft32(e+y.word(12)+md5Sines[12]+((g^h)&f^h), 7)
	d = a + bits.RotateLeft32(d+x.word(13)+md5Sines[13]+((b^c)&a^c), 12)
	h = e + bits.RotateLeft32(h+y.word(13)+md5Sines[13]+((f^g)&e^g), 12)
	c = d + bits.RotateLeft32(c+x.word(14)+md5Sines[14]+((a^b)&d^b), 17)
	g = h + bits.RotateLeft32(g+y.word(14)+md5Sines[14]+((e^f)&h^f), 17)
	b = c + bits.RotateLeft32(b+x.word(15)+md5Sines[15]+((d^a)&c^a), 22)
	f = g + bits.RotateLeft32(f+y.word(15)+md5Sines[15]+((h^e)&g^e), 22)
	return a, b, c, d, e, f, g, h
}

// md5Round2 is the second round of two chains, a to d and e to h.
func md5Round2(x, y *md5Block, a, b, c, d, e, f, g, h uint32) (_, _, _, _, _, _, _, _ uint32) {
	a = b + bits.RotateLeft32(a+x.word(1)+md5Sines[16]+((b^c)&d^c), 5)
	e = f + bits.RotateLeft32(e+y.word(1)+md5Sines[16]+((f^g)&h^g), 5)
	d = a + bits.RotateLeft32(d+x.word(6)+md5Sines[17]+((a^b)&c^b), 9)
	h = e + bits.RotateLeft32(h+y.word(6)+md5Sines[17]+((e^f)&g^f), 9)
	c = d + bits.RotateLeft32(c+x.word(11)+md5Sines[18]+((d^a)&b^a), 14)
	g = h + bits.RotateLeft32(g+y.word(11)+md5Sines[18]+((h^e)&f^e), 14)
	b = c + bits.RotateLeft32(b+x.word(0)+md5Sines[19]+((c^d)&a^d), 20)
	f = g + bits.RotateLeft32(f+y.word(0)+md5Sines[19]+((g^h)&e^h), 20)
	a = b + bits.RotateLeft32(a+x.word(5)+md5Sines[20]+((b^c)&d^c), 5)
	e = f + bits.RotateLeft32(e+y.word(5)+md5Sines[20]+((f^g)&h^g), 5)
	d = a + bits.RotateLeft32(d+x.word(10)+md5Sines[21]+((a^b)&c^b), 9)
	h = e + bits.RotateLeft32(h+y.word(10)+md5Sines[21]+((e^f)&g^f), 9)
	c = d + bits.RotateLeft32(c+x.word(15)+md5Sines[22]+((d^a)&b^a), 14)
	g = h + bits.RotateLeft32(g+y.word(15)+md5Sines[22]+((h^e)&f^e), 14)
	b = c + bits.RotateLeft32(b+x.word(4)+md5Sines[23]+((c^d)&a^d), 20)
	f = g + bits.RotateLeft32(f+y.word(4)+md5Sines[23]+((g^h)&e^h), 20)
	a = b + bits.RotateLeft32(a+x.word(9)+md5Sines[24]+((b^c)&d^c), 5)
	e = f + bits.RotateLeft32(e+y.word(9)+md5Sines[24]+((f^g)&h^g), 5)
	d = a + bits.RotateLeft32(d+x.word(14)+md5Sines[25]+((a^b)&c^b), 9)
	h = e + bits.RotateLeft32(h+y.word(14)+md5Sines[25]+((e^f)&g^f), 9)
	c = d + bits.RotateLeft32(c+x.word(3)+md5Sines[26]+((d^a)&b^a), 14)
	g = h + bits.RotateLeft32(g+y.word(3)+md5Sines[26]+((h^e)&f^e), 14)
	b = c + bits.RotateLeft32(b+x.word(8)+md5Sines[27]+((c^d)&a^d), 20)
	f = g + bits.RotateLeft32(f+y.word(8)+md5Sines[27]+((g^h)&e^h), 20)
	a = b + bits.RotateLeft32(a+x.word(13)+md5Sines[28]+((b^c)&d^c), 5)
	e = f + bits.RotateLeft32(e+y.word(13)+md5Sines[28]+((f^g)&h^g), 5)
	d = a + bits.RotateLeft32(d+x.word(2)+md5Sines[29]+((a^b)&c^b), 9)
	h = e + bits.RotateLeft32(h+y.word(2)+md5Sines[29]+((e^f)&g^f), 9)
	c = d + bits.RotateLeft32(c+x.word(7)+md5Sines[30]+((d^a)&b^a), 14)
	g = h + bits.RotateLeft32(g+y.word(7)+md5Sines[30]+((h^e)&f^e), 14)
	b = c + bits.RotateLeft32(b+x.word(12)+md5Sines[31]+((c^d)&a^d), 20)
	f = g + bits.RotateLeft32(f+y.word(12)+md5Sines[31]+((g^h)&e^h), 20)
	return a, b, c, d, e, f, g, h
}

// md5Round3 is the third round of two chains, a to d and e to h.
func md5Round3(x, y *md5Block, a, b, c, d, e, f, g, h uint32) (_, _, _, _, _, _, _, _ uint32) {
	a = b + bits.RotateLeft32(a+x.word(5)+md5Sines[32]+(b^c^d), 4)
	e = f + bits.RotateLeft32(e+y.word(5)+md5Sines[32]+(f^g^h), 4)
	d = a + bits.RotateLeft32(d+x.word(8)+md5Sines[33]+(a^b^c), 11)
	h = e + bits.RotateLeft32(h+y.word(8)+md5Sines[33]+(e^f^g), 11)
	c = d + bits.RotateLeft32(c+x.word(11)+md5Sines[34]+(d^a^b), 16)
	g = h + bits.RotateLeft32(g+y.word(11)+md5Sines[34]+(h^e^f), 16)
	b = c + bits.RotateLeft32(b+x.word(14)+md5Sines[35]+(c^d^a), 23)
	f = g + bits.RotateLeft32(f+y.word(14)+md5Sines[35]+(g^h^e), 23)
	a = b + bits.RotateLeft32(a+x.word(1)+md5Sines[36]+(b^c^d), 4)
	e = f + bits.RotateLeft32(e+y.word(1)+md5Sines[36]+(f^g^h), 4)
	d = a + bits.RotateLeft32(d+x.word(4)+md5Sines[37]+(a^b^c), 11)
	h = e + bits.RotateLeft32(h+y.word(4)+md5Sines[37]+(e^f^g), 11)
	c = d + bits.RotateLeft32(c+x.word(7)+md5Sines[38]+(d^a^b), 16)
	g = h + bits.RotateLeft32(g+y.word(7)+md5Sines[38]+(h^e^f), 16)
	b = c + bits.RotateLeft32(b+x.word(10)+md5Sines[39]+(c^d^a), 23)
	f = g + bits.RotateLeft32(f+y.word(10)+md5Sines[39]+(g^h^e), 23)
	a = b + bits.RotateLeft32(a+x.word(13)+md5Sines[40]+(b^c^d), 4)
	e = f + bits.RotateLeft32(e+y.word(13)+md5Sines[40]+(f^g^h), 4)
	d = a + bits.RotateLeft32(d+x.word(0)+md5Sines[41]+(a^b^c), 11)
	h = e + bits.RotateLeft32(h+y.word(0)+md5Sines[41]+(e^f^g), 11)
	c = d + bits.RotateLeft32(c+x.word(3)+md5Sines[42]+(d^a^b), 16)
	g = h + bits.RotateLeft32(g+y.word(3)+md5Sines[42]+(h^e^f), 16)
	b = c + bits.RotateLeft32(b+x.word(6)+md5Sines[43]+(c^d^a), 23)
	f = g + bits.RotateLeft32(f+y.word(6)+md5Sines[43]+(g^h^e), 23)
	a = b + bits.RotateLeft32(a+x.word(9)+md5Sines[44]+(b^c^d), 4)
	e = f + bits.RotateLeft32(e+y.word(9)+md5Sines[44]+(f^g^h), 4)
	d = a + bits.RotateLeft32(d+x.word(12)+md5Sines[45]+(a^b^c), 11)
	h = e + bits.RotateLeft32(h+y.word(12)+md5Sines[45]+(e^f^g), 11)
	c = d + bits.RotateLeft32(c+x.word(15)+md5Sines[46]+(d^a^b), 16)
	g = h + bits.RotateLeft32(g+y.word(15)+md5Sines[46]+(h^e^f), 16)
	b = c + bits.RotateLeft32(b+x.word(2)+md5Sines[47]+(c^d^a), 23)
	f = g + bits.RotateLeft32(f+y.word(2)+md5Sines[47]+(g^h^e), 23)
	return a, b, c, d, e, f, g, h
}

// md5Round4 is the fourth round of two chains, a to d and e to h.
func md5Round4(x, y *md5Block, a, b, c, d, e, f, g, h uint32) (_, _, _, _, _, _, _, _ uint32) {
	a = b + bits.RotateLeft32(a+x.word(0)+md5Sines[48]+(c^(b|^d)), 6)
	e = f + bits.RotateLeft32(e+y.word(0)+md5Sines[48]+(g^(f|^h)), 6)
	d = a + bits.RotateLeft32(d+x.word(7)+md5Sines[49]+(b^(a|^c)), 10)
	h = e + bits.RotateLeft32(h+y.word(7)+md5Sines[49]+(f^(e|^g)), 10)
	c = d + bits.RotateLeft32(c+x.word(14)+md5Sines[50]+(a^(d|^b)), 15)
	g = h + bits.RotateLeft32(g+y.word(14)+md5Sines[50]+(e^(h|^f)), 15)
	b = c + bits.RotateLeft32(b+x.word(5)+md5Sines[51]+(d^(c|^a)), 21)
	f = g + bits.RotateLeft32(f+y.word(5)+md5Sines[51]+(h^(g|^e)), 21)
	a = b + bits.RotateLeft32(a+x.word(12)+md5Sines[52]+(c^(b|^d)), 6)
	e = f + bits.RotateLeft32(e+y.word(12)+md5Sines[52]+(g^(f|^h)), 6)
	d = a + bits.RotateLeft32(d+x.word(3)+md5Sines[53]+(b^(a|^c)), 10)
	h = e + bits.RotateLeft32(h+y.word(3)+md5Sines[53]+(f^(e|^g)), 10)
	c = d + bits.RotateLeft32(c+x.word(10)+md5Sines[54]+(a^(d|^b)), 15)
	g = h + bits.RotateLeft32(g+y.word(10)+md5Sines[54]+(e^(h|^f)), 15)
	b = c + bits.RotateLeft32(b+x.word(1)+md5Sines[55]+(d^(c|^a)), 21)
	f = g + bits.RotateLeft32(f+y.word(1)+md5Sines[55]+(h^(g|^e)), 21)
	a = b + bits.RotateLeft32(a+x.word(8)+md5Sines[56]+(c^(b|^d)), 6)
	e = f + bits.RotateLeft32(e+y.word(8)+md5Sines[56]+(g^(f|^h)), 6)
	d = a + bits.RotateLeft32(d+x.word(15)+md5Sines[57]+(b^(a|^c)), 10)
	h = e + bits.RotateLeft32(h+y.word(15)+md5Sines[57]+(f^(e|^g)), 10)
	c = d + bits.RotateLeft32(c+x.word(6)+md5Sines[58]+(a^(d|^b)), 15)
	g = h + bits.RotateLeft32(g+y.word(6)+md5Sines[58]+(e^(h|^f)), 15)
	b = c + bits.RotateLeft32(b+x.word(13)+md5Sines[59]+(d^(c|^a)), 21)
	f = g + bits.RotateLeft32(f+y.word(13)+md5Sines[59]+(h^(g|^e)), 21)
	a = b + bits.RotateLeft32(a+x.word(4)+md5Sines[60]+(c^(b|^d)), 6)
	e = f + bits.RotateLeft32(e+y.word(4)+md5Sines[60]+(g^(f|^h)), 6)
	d = a + bits.RotateLeft32(d+x.word(11)+md5Sines[61]+(b^(a|^c)), 10)
	h = e + bits.RotateLeft32(h+y.word(11)+md5Sines[61]+(f^(e|^g)), 10)
	c = d + bits.RotateLeft32(c+x.word(2)+md5Sines[62]+(a^(d|^b)), 15)
	g = h + bits.RotateLeft32(g+y.word(2)+md5Sines[62]+(e^(h|^f)), 15)
	b = c + bits.RotateLeft32(b+x.word(9)+md5Sines[63]+(d^(c|^a)), 21)
	f = g + bits.RotateLeft32(f+y.word(9)+md5Sines[63]+(h^(g|^e)), 21)
	return a, b, c, d, e, f, g, h
}

// md5Pair returns the MD5 (RFC 1321) of two messages of one block each.
func md5Pair(x, y *md5Block) (HashKey, HashKey) {
	a, b, c, d, e, f, g, h := md5Round1(x, y, md5A, md5B, md5C, md5D, md5A, md5B, md5C, md5D)
	a, b, c, d, e, f, g, h = md5Round2(x, y, a, b, c, d, e, f, g, h)
	a, b, c, d, e, f, g, h = md5Round3(x, y, a, b, c, d, e, f, g, h)
	a, b, c, d, e, f, g, h = md5Round4(x, y, a, b, c, d, e, f, g, h)
	return md5Sum(a, b, c, d), md5Sum(e, f, g, h)
}

// md5Sum returns the digest after the last round as a big-endian number.
func md5Sum(a, b, c, d uint32) HashKey {
	return HashKey{
		Hi: uint64(bits.ReverseBytes32(a+md5A))<<32 | uint64(bits.ReverseBytes32(b+md5B)),
		Lo: uint64(bits.ReverseBytes32(c+md5C))<<32 | uint64(bits.ReverseBytes32(d+md5D)),
	}
}
