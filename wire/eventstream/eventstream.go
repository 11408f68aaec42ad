// Package eventstream frames the messages of AWS's binary event streams
// (application/vnd.amazon.eventstream, spec data-streams §18):
//
//	total length    4 B  big-endian, of the whole message
//	headers length  4 B
//	prelude CRC     4 B  of the 8 bytes before it
//	headers              see Headers
//	payload
//	message CRC     4 B  of everything before it
//
// Both are CRC-32 by IEEE 802.3. A message is made where it is to be sent from:
// [Begin] appends what comes before the payload, the caller appends that, and
// [End] completes it.
//
// This package's API may change.
package eventstream

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// ContentType is the media type of an event stream.
const ContentType = "application/vnd.amazon.eventstream"

const (
	preludeBytes = 12
	// Overhead is what a message is longer than its headers and payload.
	Overhead = preludeBytes + 4

	typeString = 7 // the one type of header values that Kinesis uses
)

// Headers returns the headers of a message in their byte form, to be used for
// many: names and values in turn, such as ":message-type", "event".
//
// A header is the length of its name (1 B), the name, the type of its value
// (1 B), the length of its value (2 B) and the value. A name or value that does
// not fit is a mistake of the program, and a panic.
func Headers(namesAndValues ...string) []byte {
	var b []byte
	for i := 0; i < len(namesAndValues); i += 2 {
		name, value := namesAndValues[i], namesAndValues[i+1]
		if len(name) > math.MaxUint8 || len(value) > math.MaxInt16 {
			panic(fmt.Sprintf("BUG: event stream header %.300q has %d bytes", name, len(value)))
		}
		b = append(b, byte(len(name)))
		b = append(b, name...)
		b = append(b, typeString)
		b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
		b = append(b, value...)
	}
	return b
}

// Begin appends the beginning of a message with these headers. The caller
// appends the payload and then calls End with the length that dst had here.
func Begin(dst, headers []byte) []byte {
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(headers)))
	dst = append(dst, 0, 0, 0, 0)
	return append(dst, headers...)
}

// End completes the message that begins at dst[start] and ends with dst.
func End(dst []byte, start int) []byte {
	total := len(dst) - start + 4
	if total > math.MaxInt32 {
		panic(fmt.Sprintf("BUG: event stream message of %d bytes", total))
	}
	message := dst[start:]
	binary.BigEndian.PutUint32(message, uint32(total))
	binary.BigEndian.PutUint32(message[8:], crc32.ChecksumIEEE(message[:8]))
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(message))
}

// Append appends a whole message.
func Append(dst, headers, payload []byte) []byte {
	start := len(dst)
	return End(append(Begin(dst, headers), payload...), start)
}
