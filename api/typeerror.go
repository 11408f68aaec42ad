package api

import (
	"fmt"
	"strings"

	"github.com/segmentio/asm/base64"
)

// The texts of spec data-streams §8.1. They are those of the Java code that
// runs behind the real API, and clients may show them to people.

// typeErrorf returns the error for a value of the wrong type.
func typeErrorf(format string, args ...any) *Error {
	return Errorf("SerializationException", format, args...)
}

// wrongType is the error for a value of kind got where a scalar, named with its
// article, was expected.
func wrongType(got Kind, scalar string) *Error {
	switch got {
	case KindList:
		return typeErrorf("Start of list found where not expected")
	case KindMap:
		return typeErrorf("Start of structure or map found where not expected.")
	}
	class := map[Kind]string{
		KindBool:   "java.lang.Boolean",
		KindNumber: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
		KindString: "java.lang.String",
		KindBytes:  "java.nio.HeapByteBuffer",
		KindTime:   "java.util.Date",
	}[got]
	return typeErrorf("class %s can not be converted to %s", class, scalar)
}

// decodeBase64 reads canonical, padded, standard base64. Only text that is not
// is looked at twice, for the reason.
func decodeBase64(text string) ([]byte, *Error) {
	if len(text)%4 != 0 {
		return nil, blobErrorf(text, "Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(text))
	}
	body := strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(data, []byte(text))
	// A line break, which the library skips, shows in the length.
	if err == nil && n == len(body)*3/4 && CanonicalBase64(text) {
		return data[:n], nil
	}
	if c, ok := foreignBase64(body); ok {
		return nil, blobErrorf(text, "Invalid Base64 character: '%c'", c)
	}
	return nil, blobErrorf(text, "Invalid last non-pad Base64 character dectected")
}

func blobErrorf(text, format string, args ...any) *Error {
	return typeErrorf("%s can not be converted to a Blob: %s", quote(text), fmt.Sprintf(format, args...))
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// foreignBase64 returns the first character of text without its padding that
// has no place in base64.
func foreignBase64(text string) (rune, bool) {
	for _, c := range text {
		if c >= 0x80 || strings.IndexByte(base64Alphabet, byte(c)) < 0 {
			return c, true
		}
	}
	return 0, false
}

// CanonicalBase64 reports whether the bits that padded base64 of full length
// leaves over are zero, as an encoder writes them. Only then does a blob have a
// single spelling.
func CanonicalBase64[T string | []byte](text T) bool {
	n := len(text)
	if n < 4 || text[n-1] != '=' {
		return true
	}
	last, spare := text[n-2], byte(0b11)
	if last == '=' {
		last, spare = text[n-3], 0b1111
	}
	return byte(strings.IndexByte(base64Alphabet, last))&spare == 0
}
