package cbor

import "encoding/binary"

// The major types of RFC 8949 §3.1, in the upper three bits of an item's first
// byte.
const (
	majorUint = iota
	majorNegative
	majorBytes
	majorText
	majorList
	majorMap
	majorTag
	majorSimple
)

// Whole first bytes.
const (
	openBytes = 0x5f // the chunks that follow up to a break
	openText  = 0x7f
	openList  = 0x9f
	openMap   = 0xbf
	tagTime   = 0xc1
	isFalse   = 0xf4
	isTrue    = 0xf5
	isNull    = 0xf6
	undefined = 0xf7
	isHalf    = 0xf9
	isSingle  = 0xfa
	isDouble  = 0xfb
	stop      = 0xff // the break at the end of an open item
)

// openInfo is the additional information of an item of open length, and of the
// break.
const openInfo = 31

// head is the beginning of an item: what it is, and a number whose meaning the
// major type gives: the value, a length in bytes, a count, a tag.
type head struct {
	major byte
	info  byte // the additional information; openInfo for an open item
	n     uint64
}

// open reports whether the item goes on up to a break.
func (h head) open() bool { return h.info == openInfo }

// readHead reads the head at i and returns the index after it, or -1 when
// there is none that is well formed.
func readHead(text []byte, i int) (head, int) {
	if i >= len(text) {
		return head{}, -1
	}
	h := head{major: text[i] >> 5, info: text[i] & 31}
	i++
	switch rest := text[i:]; {
	case h.info < 24:
		h.n = uint64(h.info)
		return h, i
	case h.info == 24 && len(rest) >= 1:
		h.n = uint64(rest[0])
		return h, i + 1
	case h.info == 25 && len(rest) >= 2:
		h.n = uint64(binary.BigEndian.Uint16(rest))
		return h, i + 2
	case h.info == 26 && len(rest) >= 4:
		h.n = uint64(binary.BigEndian.Uint32(rest))
		return h, i + 4
	case h.info == 27 && len(rest) >= 8:
		h.n = binary.BigEndian.Uint64(rest)
		return h, i + 8
	case h.info == openInfo && h.major >= majorBytes && h.major <= majorMap:
		return h, i
	}
	return h, -1
}

// appendHead appends a head in its shortest form.
func appendHead(dst []byte, major byte, n uint64) []byte {
	first := major << 5
	switch {
	case n < 24:
		return append(dst, first|byte(n))
	case n < 1<<8:
		return append(dst, first|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, first|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, first|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, first|27), n)
}
