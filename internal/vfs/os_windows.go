package vfs

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

func isNoSpace(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// openDirect always declines; FILE_FLAG_NO_BUFFERING is not worth a second
// open path while nobody runs a busy server here.
func openDirect(string, int) (*os.File, bool) { return nil, false }

// syncData is FlushFileBuffers.
func syncData(f *os.File) error { return f.Sync() }

// syncDir can do nothing: Windows lets no ordinary process flush a folder.
// NTFS logs changes of names in order and writes its log within seconds, and
// the FlushFileBuffers of a file writes the log up to that file's own changes.
func syncDir(string) error { return nil }

// punch does nothing; the space comes back when the file is removed.
func punch(*os.File, int64, int64) (bool, error) { return false, nil }

// lockFile locks one byte far behind the content, because a locked region
// cannot be read by others and the content says who holds the lock.
func lockFile(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: math.MaxInt32}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	if err != nil {
		return &os.PathError{Op: "lock", Path: f.Name(), Err: err}
	}
	return nil
}

func space(dir string) (free, total int64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, &os.PathError{Op: "free space", Path: dir, Err: err}
	}
	var available, size uint64
	if err := windows.GetDiskFreeSpaceEx(name, &available, &size, nil); err != nil {
		return 0, 0, &os.PathError{Op: "free space", Path: dir, Err: err}
	}
	return int64(available), int64(size), nil
}
