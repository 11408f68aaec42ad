package vfs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// OS is the operating system's file system.
//
// Files are made for their owner alone (0600, folders 0700): they hold other
// people's records. On Linux Direct is O_DIRECT, Sync is fdatasync and Punch
// gives blocks back; elsewhere Direct is as Buffered, Sync is the full flush
// that Go issues (F_FULLFSYNC on macOS, FlushFileBuffers on Windows) and Punch
// does nothing.
type OS struct{}

var _ FS = OS{}

// Create implements FS.
func (OS) Create(name string, mode Mode) (File, error) {
	return openFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, mode)
}

// Open implements FS.
func (OS) Open(name string, mode Mode) (File, error) {
	return openFile(name, os.O_RDWR, mode)
}

// openFile opens the file, bypassing the cache when mode asks for that and the
// file system agrees. Package os repeats what a signal interrupts.
func openFile(name string, flags int, mode Mode) (File, error) {
	if mode == Direct {
		if f, ok := openDirect(name, flags); ok {
			return &osFile{f: f, alignment: Alignment}, nil
		}
		// Refused, or an error that the ordinary open below reports too.
	}
	f, err := os.OpenFile(name, flags, 0o600)
	if err != nil {
		return nil, explain(err)
	}
	return &osFile{f: f, alignment: 1}, nil
}

// Remove implements FS.
func (OS) Remove(name string) error { return explain(os.Remove(name)) }

// Rename implements FS.
func (OS) Rename(oldName, newName string) error { return explain(os.Rename(oldName, newName)) }

// MkdirAll implements FS. It syncs the parent of every folder it makes.
func (fs OS) MkdirAll(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, os.ErrNotExist) {
		parent := filepath.Dir(dir)
		if parent == dir {
			return explain(err)
		}
		if err := fs.MkdirAll(parent); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	}
	if errors.Is(err, os.ErrExist) {
		if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
			return nil
		}
	}
	if err != nil {
		return explain(err)
	}
	return fs.SyncDir(filepath.Dir(dir))
}

// List implements FS.
func (OS) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// SyncDir implements FS.
func (OS) SyncDir(dir string) error { return explain(syncDir(dir)) }

// Lock implements FS. The file tells people who holds it; the lock itself is
// the system's, so a file left behind by a killed process locks nobody out.
func (OS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, explain(err)
	}
	if err := lockFile(f); err != nil {
		if errors.Is(err, ErrLocked) {
			err = fmt.Errorf("lock %s: %w%s", name, ErrLocked, holder(f))
		}
		_ = f.Close() // nothing was written
		return nil, err
	}
	note := fmt.Sprintf("pid %d\nstarted %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(note), 0)
	}
	if err != nil {
		_ = f.Close() // the first error says more
		return nil, explain(err)
	}
	return f, nil
}

// holder returns what the lock file says about who holds it, in brackets.
func holder(f *os.File) string {
	note := make([]byte, 256)
	n, _ := f.ReadAt(note, 0) // an unreadable note is no note
	lines := strings.Fields(string(note[:n]))
	if len(lines) == 0 {
		return ""
	}
	return " (" + strings.Join(lines, " ") + ")"
}

// Space implements FS.
func (OS) Space(dir string) (free, total int64, err error) { return space(dir) }

// osFile is a File of OS.
type osFile struct {
	f         *os.File
	alignment int
}

// ReadAt asks again, as package os does, after a short read. At the end of a
// direct file whose length is odd that second call is not aligned, and some
// file systems refuse it instead of saying that the file has ended.
func (f *osFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.f.ReadAt(p, off)
	if err != nil && n%f.alignment != 0 {
		if size, sizeErr := f.Size(); sizeErr == nil && off+int64(n) >= size {
			return n, io.EOF
		}
	}
	return n, err
}

func (f *osFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.f.WriteAt(p, off)
	return n, explain(err)
}

func (f *osFile) Close() error { return explain(f.f.Close()) }

func (f *osFile) Sync() error { return explain(syncData(f.f)) }

func (f *osFile) Size() (int64, error) {
	info, err := f.f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f *osFile) Truncate(size int64) error { return explain(f.f.Truncate(size)) }

func (f *osFile) Punch(offset, length int64) (bool, error) {
	done, err := punch(f.f, offset, length)
	return done, explain(err)
}

func (f *osFile) Alignment() int { return f.alignment }

// explain makes the errors of a full disk match ErrNoSpace.
func explain(err error) error {
	if err != nil && isNoSpace(err) {
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return err
}
