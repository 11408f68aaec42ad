package awsjson

import (
	std "encoding/base64"
	"encoding/binary"
	"slices"

	"github.com/segmentio/asm/base64"
)

// smallBlob is where the vector code's cost of getting started is about the
// cost of doing without: it mixes two generations of vector instructions, for
// which many processors make it wait (measured: 190 ns for 100 bytes, against
// 83 ns of the standard library).
const smallBlob = 256

// pairs holds the two characters for each twelve bits, as they lie in memory.
var pairs = func() (p [1 << 12]uint16) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range p {
		p[i] = uint16(alphabet[i>>6]) | uint16(alphabet[i&63])<<8
	}
	return p
}()

// appendBlob appends data as a string in standard base64.
func appendBlob(dst, data []byte) []byte {
	dst = append(dst, '"')
	start := len(dst)
	n := std.StdEncoding.EncodedLen(len(data))
	dst = slices.Grow(dst, n+1)[:start+n]
	if len(data) < smallBlob {
		encodeSmall(dst[start:], data)
	} else {
		base64.StdEncoding.Encode(dst[start:], data)
	}
	return append(dst, '"')
}

// encodeSmall encodes data into dst, which has just the right length, six bytes
// at a time.
func encodeSmall(dst, data []byte) {
	for len(data) >= 8 && len(dst) >= 8 {
		six := binary.BigEndian.Uint64(data) >> 16
		eight := uint64(pairs[six>>36]) | uint64(pairs[six>>24&0xfff])<<16 |
			uint64(pairs[six>>12&0xfff])<<32 | uint64(pairs[six&0xfff])<<48
		binary.LittleEndian.PutUint64(dst, eight)
		data, dst = data[6:], dst[8:]
	}
	std.StdEncoding.Encode(dst, data)
}
