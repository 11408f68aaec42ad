package attr

import (
	"encoding/binary"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// AppendKey appends a form of a string, number or blob whose bytes order as the
// values do, and of which none is the beginning of another.
func AppendKey(dst []byte, v Value) []byte {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return appendText(dst, v.Value)
	case *types.AttributeValueMemberB:
		return appendText(dst, string(v.Value))
	case *types.AttributeValueMemberN:
		return appendNumber(dst, mustParse(v.Value))
	}
	panic("BUG: key of type " + TypeOf(v))
}

// AppendKeyPrefix appends what the keys of all strings, or blobs, that begin
// with v have in common.
func AppendKeyPrefix(dst []byte, v Value) []byte {
	key := AppendKey(dst, v)
	return key[:len(key)-len(endOfText)]
}

// endOfText sorts before all that may stand in its place: see appendText.
const endOfText = "\x00\x01"

// appendText appends text with its zero bytes made two, and an end.
func appendText(dst []byte, text string) []byte {
	for i := range len(text) {
		dst = append(dst, text[i])
		if text[i] == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, endOfText...)
}

// Signs of numbers, in their order.
const (
	signNegative = 1
	signZero     = 2
	signPositive = 3
)

// appendNumber appends the sign, the exponent and the digits. Those of negative
// numbers are inverted, since the larger is the smaller.
func appendNumber(dst []byte, n number) []byte {
	if n.digits == "" {
		return append(dst, signZero)
	}
	sign, invert := byte(signPositive), byte(0)
	if n.negative {
		sign, invert = signNegative, 0xff
	}
	dst = append(dst, sign)
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(dst, uint16(n.exponent-minExponent))
	dst = append(append(dst, n.digits...), 0)
	for i := start; i < len(dst); i++ {
		dst[i] ^= invert
	}
	return dst
}
