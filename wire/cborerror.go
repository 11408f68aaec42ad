package wire

import (
	"encoding/binary"

	"github.com/leat-io/leat/api"
)

// appendCBORError appends an error as AWS writes it in CBOR: a map of open
// length (spec data-streams §3).
func appendCBORError(dst []byte, e *api.Error) []byte {
	dst = append(dst, 0xbf)
	dst = appendCBORText(appendCBORText(dst, "__type"), e.Code)
	if e.Message != "" {
		key := "message"
		if e.Code == "SerializationException" {
			key = "Message"
		}
		dst = appendCBORText(appendCBORText(dst, key), e.Message)
	}
	return append(dst, 0xff)
}

func appendCBORText(dst []byte, text string) []byte {
	switch n := len(text); {
	case n < 24:
		dst = append(dst, 0x60|byte(n))
	case n < 1<<8:
		dst = append(dst, 0x78, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x79), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0x7a), uint32(n))
	}
	return append(dst, text...)
}
