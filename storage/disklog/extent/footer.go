package extent

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/leat-io/leat/internal/vfs"
)

// errNoFooter says that a file ends without a trailer: it was never finished.
const errNoFooter = damage("no footer")

// appendFooter appends to dst the footer of a file, which is to stand at pos.
func appendFooter(dst []byte, pos int64, file uint64, metas []Meta) []byte {
	le := binary.LittleEndian
	at := len(dst)
	dst = append(dst, footerMagic...)
	for _, m := range metas {
		dst = m.Append(dst)
	}
	body := dst[at:]
	size := vfs.AlignUp(int64(len(body)) + trailerBytes)
	trailer := make([]byte, 0, trailerBytes)
	trailer = le.AppendUint64(trailer, uint64(pos))
	trailer = le.AppendUint64(trailer, uint64(len(body)-len(footerMagic)))
	trailer = le.AppendUint32(trailer, uint32(len(metas)))
	trailer = le.AppendUint32(trailer, formatVersion)
	trailer = le.AppendUint64(trailer, file)
	crc := crc32.Update(crc32.Checksum(body, castagnoli), castagnoli, trailer)
	trailer = le.AppendUint32(trailer, crc)
	trailer = le.AppendUint32(trailer, 0)
	trailer = append(trailer, trailerMagic...)
	dst = append(dst, make([]byte, int(size)-trailerBytes-len(body))...)
	return append(dst, trailer...)
}

// trailer is what the end of a finished file says.
type trailer struct {
	pos, bytes int64
	extents    uint32
	file       uint64
	crc        uint32
	signed     []byte // the part that the checksum covers
}

// decodeTrailer decodes the last bytes of a file of that size. The error is
// errNoFooter, another damage, or says that the format is newer.
func decodeTrailer(src []byte, size int64) (trailer, error) {
	le := binary.LittleEndian
	if string(src[40:]) != trailerMagic {
		return trailer{}, errNoFooter
	}
	t := trailer{
		pos: int64(le.Uint64(src)), bytes: int64(le.Uint64(src[8:])), extents: le.Uint32(src[16:]),
		file: le.Uint64(src[24:]), crc: le.Uint32(src[32:]), signed: src[:32],
	}
	const fixed = int64(len(footerMagic)) + trailerBytes
	if t.pos < pageBytes || t.pos > size || t.bytes < 0 || t.bytes > size-fixed || t.pos+vfs.AlignUp(t.bytes+fixed) != size {
		return trailer{}, damage("impossible footer position")
	}
	return t, nil
}

// decode decodes the footer, whose bytes up to the padding src holds. The
// error is a damage, or says that the format is newer.
func (t trailer) decode(src []byte) ([]Meta, error) {
	if crc32.Update(crc32.Checksum(src, castagnoli), castagnoli, t.signed) != t.crc {
		return nil, damage("footer checksum mismatch")
	}
	if err := checkFormat(binary.LittleEndian.Uint32(t.signed[20:])); err != nil {
		return nil, err
	}
	var metas []Meta
	src = src[len(footerMagic):]
	for len(src) > 0 {
		m, n, err := DecodeMeta(src)
		if err != nil || m.File != t.file || m.Pos+m.Length > t.pos {
			return nil, damage("impossible footer")
		}
		metas, src = append(metas, m), src[n:]
	}
	if uint32(len(metas)) != t.extents {
		return nil, damage("impossible footer")
	}
	return metas, nil
}
