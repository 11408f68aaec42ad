package extent

import (
	"sync/atomic"

	"github.com/leat-io/leat/internal/vfs"
)

// hookFS lets a test see and fail the reads of files, and count open files.
type hookFS struct {
	vfs.FS
	// onRead is called before each read, when set; its error is the read's.
	onRead func(name string, pos, n int64) error
	// afterRead is called after each read, when set.
	afterRead func()
	open      atomic.Int64 // files open now
	most      atomic.Int64 // files open at most so far
}

func (h *hookFS) Open(name string, mode vfs.Mode) (vfs.File, error) {
	f, err := h.FS.Open(name, mode)
	if err != nil {
		return nil, err
	}
	now := h.open.Add(1)
	for most := h.most.Load(); now > most && !h.most.CompareAndSwap(most, now); most = h.most.Load() {
	}
	return &hookFile{File: f, fs: h, name: name}, nil
}

type hookFile struct {
	vfs.File
	fs   *hookFS
	name string
}

func (f *hookFile) ReadAt(p []byte, pos int64) (int, error) {
	if f.fs.onRead != nil {
		if err := f.fs.onRead(f.name, pos, int64(len(p))); err != nil {
			return 0, err
		}
	}
	if f.fs.afterRead != nil {
		defer f.fs.afterRead()
	}
	return f.File.ReadAt(p, pos)
}

func (f *hookFile) Close() error {
	f.fs.open.Add(-1)
	return f.File.Close()
}
