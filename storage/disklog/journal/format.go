package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/leat-io/leat/internal/crc32c"
	"github.com/leat-io/leat/internal/vfs"
)

// A segment file is a header and then frames, one behind the other. All
// numbers are little-endian; docs/formats/journal.md tells the same to people.
//
//	Segment header, 4096 B
//	off   size
//	0     8   magic "LEATJRN1"
//	8     4   format version, 1
//	12    4   header length, 4096
//	16    16  instance UUID
//	32    8   segment number
//	40    8   incarnation, random per life of the file
//	48    8   first LSN: that of the byte behind the header
//	56    8   creation time, Unix ms
//	64    8   number of the segment before, 0 when there is none
//	72    8   end LSN of that segment
//	80    16  encryption key id, zeros when not encrypted
//	96    8   length of the file; a shorter one has been cut
//	104       zeros
//	4092  4   CRC32C of bytes 0-4091
//
//	Frame
//	off  size
//	0    4   magic 0x4C46524D
//	4    4   CRC32C of bytes 8-63
//	8    8   LSN of this frame
//	16   8   synced LSN: all below was durable when this frame was built
//	24   8   incarnation of the segment
//	32   4   payload length
//	36   4   entry count
//	40   8   commit time, Unix ms
//	48   4   flags
//	52   4   CRC32C of incarnation ‖ LSN ‖ payload
//	56   8   reserved, zero
//	64   n   payload, then zeros up to the frame's boundary
//
// An LSN is a logical byte position: the byte at offset o of a segment has the
// LSN first + o - 4096. A frame ends on the next boundary of 8 B, or, with
// FlagPadded, of 4096 B of the file, and the next one starts there.
//
// A frame without entries is the journal's own. It carries a synced LSN that
// protects the frames before it, and with FlagLast it ends the segment.
const (
	headerSize    = 4096
	formatVersion = 1

	frameMagic  = 0x4C46524D
	frameHeader = 64
	frameAlign  = 8
)

var segmentMagic = [8]byte{'L', 'E', 'A', 'T', 'J', 'R', 'N', '1'}

// Flags of a frame. FlagCommands, FlagCompressed and FlagEncrypted are the
// caller's word about its payload; the journal only keeps them.
const (
	FlagCommands   = 1  // the payload holds commands
	FlagLast       = 2  // nothing follows in this segment, and a later segment exists
	FlagCompressed = 4  // the payload is compressed
	FlagEncrypted  = 8  // the payload is encrypted
	FlagPadded     = 16 // the frame ends on a 4096 B boundary of the file
)

// callerFlags are those that a Buffer may carry.
const callerFlags = FlagCommands | FlagCompressed | FlagEncrypted

// LSN is a logical byte position in the journal. It grows from frame to frame
// over all segments and all starts.
type LSN uint64

// segmentHeader is the decoded header of a segment.
type segmentHeader struct {
	instance    [16]byte
	number      uint64
	incarnation uint64
	first       LSN
	millis      int64
	prev        uint64
	prevEnd     LSN
	length      int64
}

// ErrNotBegun says that a segment file has no header yet: it was being
// prepared, or a power failure tore the header while it was written. Frames
// follow only after the header is durable, so there are none.
var ErrNotBegun = errors.New("segment was not begun")

// What is wrong with a damaged header.
var (
	errNoHeader = errors.New("no segment header")
	errHeader   = errors.New("segment header checksum mismatch")
)

// encode writes the header into dst, of which it takes headerSize bytes.
func (h *segmentHeader) encode(dst []byte) {
	dst = dst[:headerSize]
	clear(dst)
	le := binary.LittleEndian
	copy(dst, segmentMagic[:])
	le.PutUint32(dst[8:], formatVersion)
	le.PutUint32(dst[12:], headerSize)
	copy(dst[16:], h.instance[:])
	le.PutUint64(dst[32:], h.number)
	le.PutUint64(dst[40:], h.incarnation)
	le.PutUint64(dst[48:], uint64(h.first))
	le.PutUint64(dst[56:], uint64(h.millis))
	le.PutUint64(dst[64:], h.prev)
	le.PutUint64(dst[72:], uint64(h.prevEnd))
	le.PutUint64(dst[96:], uint64(h.length))
	le.PutUint32(dst[headerSize-4:], crc32.Checksum(dst[:headerSize-4], castagnoli))
}

// decodeHeader decodes the first bytes of a segment file.
func decodeHeader(src []byte) (h segmentHeader, err error) {
	if notBegun(src) {
		return h, ErrNotBegun
	}
	le := binary.LittleEndian
	if len(src) < headerSize || [8]byte(src) != segmentMagic {
		return h, errNoHeader
	}
	if le.Uint32(src[headerSize-4:]) != crc32.Checksum(src[:headerSize-4], castagnoli) {
		return h, errHeader
	}
	if v := le.Uint32(src[8:]); v != formatVersion {
		return h, fmt.Errorf("journal format %d: this version of leat reads format %d", v, formatVersion)
	}
	return segmentHeader{
		instance:    [16]byte(src[16:]),
		number:      le.Uint64(src[32:]),
		incarnation: le.Uint64(src[40:]),
		first:       LSN(le.Uint64(src[48:])),
		millis:      int64(le.Uint64(src[56:])),
		prev:        le.Uint64(src[64:]),
		prevEnd:     LSN(le.Uint64(src[72:])),
		length:      int64(le.Uint64(src[96:])),
	}, nil
}

// notBegun reports whether src is a header that was never completely written.
// All that a header says lies in its first 512 B sector and its checksum in
// the last, and both were zeros before: a write torn between sectors leaves one
// of the two as zeros. Anything else that fails its checksum is damage.
func notBegun(src []byte) bool {
	const sector = 512
	if len(src) < headerSize {
		return isZero(src)
	}
	if !isZero(src[sector : headerSize-sector]) {
		return false
	}
	return isZero(src[:sector]) || isZero(src[headerSize-sector:headerSize])
}

// frame is the decoded header of a frame.
type frame struct {
	lsn, synced LSN
	incarnation uint64
	payload     int // bytes
	entries     int
	millis      int64
	flags       uint32
	payloadCRC  uint32
}

// encode writes the header into dst, of which it takes frameHeader bytes.
func (f *frame) encode(dst []byte) {
	dst = dst[:frameHeader]
	le := binary.LittleEndian
	le.PutUint32(dst, frameMagic)
	le.PutUint64(dst[8:], uint64(f.lsn))
	le.PutUint64(dst[16:], uint64(f.synced))
	le.PutUint64(dst[24:], f.incarnation)
	le.PutUint32(dst[32:], uint32(f.payload))
	le.PutUint32(dst[36:], uint32(f.entries))
	le.PutUint64(dst[40:], uint64(f.millis))
	le.PutUint32(dst[48:], f.flags)
	le.PutUint32(dst[52:], f.payloadCRC)
	le.PutUint64(dst[56:], 0)
	le.PutUint32(dst[4:], crc32.Checksum(dst[8:], castagnoli))
}

// decodeFrame decodes the frame header at the start of src. It reports false
// when there is none.
func decodeFrame(src []byte) (f frame, ok bool) {
	le := binary.LittleEndian
	if len(src) < frameHeader || le.Uint32(src) != frameMagic ||
		le.Uint32(src[4:]) != crc32.Checksum(src[8:frameHeader], castagnoli) {
		return f, false
	}
	return frame{
		lsn:         LSN(le.Uint64(src[8:])),
		synced:      LSN(le.Uint64(src[16:])),
		incarnation: le.Uint64(src[24:]),
		payload:     int(le.Uint32(src[32:])),
		entries:     int(le.Uint32(src[36:])),
		millis:      int64(le.Uint64(src[40:])),
		flags:       le.Uint32(src[48:]),
		payloadCRC:  le.Uint32(src[52:]),
	}, true
}

// end returns where in the file a frame that starts at offset ends.
func (f *frame) end(offset int64) int64 {
	return frameEnd(offset, f.payload, f.flags&FlagPadded != 0)
}

func frameEnd(offset int64, payload int, padded bool) int64 {
	end := offset + frameHeader + int64(payload)
	if padded {
		return vfs.AlignUp(end)
	}
	return (end + frameAlign - 1) &^ (frameAlign - 1)
}

// own reports whether the frame is the journal's own.
func (f *frame) own() bool { return f.entries == 0 && f.payload == 0 }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// payloadChecksum ties the payload to its place: a stale or moved payload does
// not match.
func payloadChecksum(incarnation uint64, lsn LSN, payload []byte) uint32 {
	return crc32.Update(placeChecksum(incarnation, lsn), castagnoli, payload)
}

// placedChecksum is payloadChecksum of so many bytes with the CRC32C sum.
func placedChecksum(incarnation uint64, lsn LSN, sum uint32, bytes int) uint32 {
	return crc32c.Combine(placeChecksum(incarnation, lsn), sum, bytes)
}

func placeChecksum(incarnation uint64, lsn LSN) uint32 {
	var place [16]byte
	binary.LittleEndian.PutUint64(place[:], incarnation)
	binary.LittleEndian.PutUint64(place[8:], uint64(lsn))
	return crc32.Checksum(place[:], castagnoli)
}

func isZero(p []byte) bool {
	for len(p) >= 8 {
		if binary.LittleEndian.Uint64(p) != 0 {
			return false
		}
		p = p[8:]
	}
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}

// Names in the journal folder: 16 hex digits and ".j" for segment number
// 1, 2, … A number is never used twice. Preparing files end in ".new" and mean
// nothing after a restart.
const (
	segmentSuffix   = ".j"
	preparingSuffix = ".new"
)

func segmentName(number uint64) string { return fmt.Sprintf("%016x%s", number, segmentSuffix) }

// parseSegmentName returns the number of the segment with this base name.
func parseSegmentName(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != 16 {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 16, 64)
	return number, err == nil && number > 0 && segmentName(number) == name
}
