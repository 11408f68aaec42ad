package errfs

import "github.com/leat-io/leat/internal/vfs"

// file is an open file of an FS.
type file struct {
	fs    *FS
	name  string
	inner vfs.File
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.before(Call{Op: OpRead, Name: f.name, Offset: off, Length: int64(len(p))}); err != nil {
		return 0, err
	}
	return f.inner.ReadAt(p, off)
}

func (f *file) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fs.before(Call{Op: OpWrite, Name: f.name, Offset: off, Length: int64(len(p))}); err != nil {
		return 0, err
	}
	return f.inner.WriteAt(p, off)
}

func (f *file) Sync() error {
	if err := f.fs.before(Call{Op: OpSync, Name: f.name}); err != nil {
		return err
	}
	return f.inner.Sync()
}

func (f *file) Size() (int64, error) {
	if err := f.fs.before(Call{Op: OpSize, Name: f.name}); err != nil {
		return 0, err
	}
	return f.inner.Size()
}

func (f *file) Truncate(size int64) error {
	if err := f.fs.before(Call{Op: OpTruncate, Name: f.name, Offset: size}); err != nil {
		return err
	}
	return f.inner.Truncate(size)
}

func (f *file) Punch(offset, length int64) (bool, error) {
	if err := f.fs.before(Call{Op: OpPunch, Name: f.name, Offset: offset, Length: length}); err != nil {
		return false, err
	}
	return f.inner.Punch(offset, length)
}

// Close always closes the wrapped file, so that a test that fails it leaks
// nothing.
func (f *file) Close() error {
	err := f.fs.before(Call{Op: OpClose, Name: f.name})
	if innerErr := f.inner.Close(); err == nil {
		err = innerErr
	}
	return err
}

func (f *file) Alignment() int { return f.inner.Alignment() }
