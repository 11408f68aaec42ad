package extent

import (
	"io"

	"github.com/leat-io/leat/internal/vfs"
)

// readAt returns the n bytes at the position, or fewer when the file ends
// within them. It reads whole units of the file's alignment.
func readAt(f vfs.File, pos, n int64) ([]byte, error) {
	unit := int64(f.Alignment())
	start := pos / unit * unit
	size := (pos + n - start + unit - 1) / unit * unit
	var buf []byte
	if unit > 1 {
		buf = vfs.Aligned(int(size))
	} else {
		buf = make([]byte, size)
	}
	got, err := f.ReadAt(buf, start)
	if err != nil && err != io.EOF {
		return nil, err
	}
	end := min(int64(got), pos+n-start)
	return buf[min(pos-start, end):end], nil
}
