package journal

import (
	"testing"

	"github.com/leat-io/leat/internal/vfs"
)

// readCounter counts the bytes that are read from files.
type readCounter struct {
	vfs.FS
	bytes int64
}

type countedFile struct {
	vfs.File
	fs *readCounter
}

func (c *readCounter) Open(name string, mode vfs.Mode) (vfs.File, error) {
	f, err := c.FS.Open(name, mode)
	if err != nil {
		return nil, err
	}
	return &countedFile{f, c}, nil
}

func (f *countedFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	f.fs.bytes += int64(n)
	return n, err
}

// TestScanReadsOnce walks frames that fit badly into the window.
func TestScanReadsOnce(t *testing.T) {
	counter := &readCounter{FS: vfs.NewCrash()}
	o := Options{FS: counter, Dir: "j", Create: true, SegmentBytes: 8 << 20, MaxFrameBytes: 1 << 20}
	j, err := Open(o, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := j.NewBuffer()
	for range 10 {
		b.Reset()
		b.Payload = append(b.Payload, make([]byte, 700<<10)...)
		b.Entries = 1
		if _, _, err := j.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	counter.bytes = 0
	frames := 0
	if _, err := Check(o, 0, func(Frame) error { frames++; return nil }); err != nil {
		t.Fatal(err)
	}
	// Headers are looked at before.
	if limit := int64(8<<20 + 2*headerSize); frames != 10 || counter.bytes > limit {
		t.Errorf("read %d bytes for %d frames, more than %d", counter.bytes, frames, limit)
	}
}
