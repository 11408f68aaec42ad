package extent

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// A file, all numbers little-endian, every part starting on a page of 4096 B:
//
//	┌──────────────┬──────────┬──────────┬─   ─┬──────────┬──────────────┐
//	│ file header  │ extent 1 │ extent 2 │ ... │ extent n │ footer       │
//	└──────────────┴──────────┴──────────┴─   ─┴──────────┴──────────────┘
//
// The footer is missing when the process ended before Finish. Extents that
// were given up read as zeros.
//
// File header, 4096 B:
//
//	  0   8  magic "LEATXFL1"
//	  8   4  format, 1
//	 12   4  retention class: 1 = 1d, 2 = 7d, 3 = 30d, 4 = 365d
//	 16  16  instance UUID
//	 32   8  file number
//	 40      zeros
//	4092  4  CRC32C of bytes 0-4091
//
// Extent: header, block table, blocks, zeros up to the next page.
//
//	  0   8  magic "LEATEXT1"
//	  8   4  format, 1
//	 12   4  flags: 1 = compressed, 2 = encrypted, neither of them written yet;
//	         4 = moved, the records were in other extents before
//	 16  16  instance UUID
//	 32   8  file number
//	 40   8  position in the file
//	 48   4  retention class
//	 52   4  number of blocks
//	 56   4  stream
//	 60   4  shard
//	 64   8  offset of the first record
//	 72   8  offset of the last record; their number follows, for there are no gaps
//	 80   8  arrival of the first record, Unix ms
//	 88   8  arrival of the last record, Unix ms
//	 96   8  bytes of partition keys and data
//	104   8  raw length of all blocks
//	112   8  stored length of all blocks
//	120  16  encryption key id
//	136  16  zeros
//	152   4  CRC32C of the block table
//	156   4  CRC32C of bytes 0-155
//	160      block table, 32 B for each block:
//	           0  4  stored length
//	           4  4  raw length; the same unless compressed or encrypted
//	           8  4  CRC32C of the stored bytes
//	          12  4  zeros
//	          16  8  offset of the first record
//	          24  8  arrival of the first record
//	         the blocks' stored bytes, back to back: records as in package entry
//
// Footer:
//
//	 0   8  magic "LEATXFT1"
//	 8   n  the Meta of every extent, in file order
//	        zeros
//	and in the last 48 B of its last page, which is the end of the file:
//	 0   8  position of the footer in the file
//	 8   8  n
//	16   4  number of extents
//	20   4  format, 1
//	24   8  file number
//	32   4  CRC32C of the footer's first 8+n bytes and then of bytes 0-31 here
//	36   4  zeros
//	40   8  magic "LEATXEND"
const (
	fileMagic    = "LEATXFL1"
	extentMagic  = "LEATEXT1"
	footerMagic  = "LEATXFT1"
	trailerMagic = "LEATXEND"

	formatVersion = 1

	pageBytes       = vfs.Alignment
	headerBytes     = 160
	tableEntryBytes = 32
	trailerBytes    = 48

	// flagMoved is Meta.Moved in an extent's header.
	flagMoved = 4

	// maxFileBytes is far above what is ever written and far below where
	// arithmetic on positions could overflow.
	maxFileBytes = 1 << 50
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// damage is the reason why bytes are not what a Writer wrote.
type damage string

func (d damage) Error() string { return string(d) }

// corrupt says that the file is damaged at a position.
func corrupt(file string, position int64, reason string) error {
	return &storage.CorruptError{File: file, Offset: position, Reason: reason}
}

// checkFormat tells a format of the future from damage. The checksum over the
// number has been verified.
func checkFormat(format uint32) error {
	if format != formatVersion {
		return fmt.Errorf("extent format %d needs a newer leat: this one reads format %d", format, formatVersion)
	}
	return nil
}

// fileHeader is what the first page says.
type fileHeader struct {
	class    Class
	instance [16]byte
	file     uint64
}

func (h fileHeader) append(dst []byte) []byte {
	le := binary.LittleEndian
	at := len(dst)
	dst = append(dst, fileMagic...)
	dst = le.AppendUint32(dst, formatVersion)
	dst = le.AppendUint32(dst, uint32(h.class))
	dst = append(dst, h.instance[:]...)
	dst = le.AppendUint64(dst, h.file)
	dst = append(dst, make([]byte, at+pageBytes-4-len(dst))...)
	return le.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

// decodeFileHeader decodes the first page of a file. The error is a damage, or
// says that the format is newer.
func decodeFileHeader(page []byte) (fileHeader, error) {
	le := binary.LittleEndian
	if len(page) < pageBytes || string(page[:8]) != fileMagic {
		return fileHeader{}, damage("no extent file header")
	}
	if le.Uint32(page[pageBytes-4:]) != crc32.Checksum(page[:pageBytes-4], castagnoli) {
		return fileHeader{}, damage("file header checksum mismatch")
	}
	if err := checkFormat(le.Uint32(page[8:])); err != nil {
		return fileHeader{}, err
	}
	h := fileHeader{class: Class(le.Uint32(page[12:])), instance: [16]byte(page[16:]), file: le.Uint64(page[32:])}
	if !h.class.valid() {
		return fileHeader{}, damage("unknown retention class")
	}
	return h, nil
}
