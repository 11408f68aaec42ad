package vfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// openDirect always declines: F_NOCACHE still serves what is cached already,
// so it does not give what Direct promises.
func openDirect(string, int) (*os.File, bool) { return nil, false }

// syncData is F_FULLFSYNC, since fsync leaves data in the drive's cache here.
func syncData(f *os.File) error { return f.Sync() }

// punch does nothing; the space comes back when the file is removed.
func punch(*os.File, int64, int64) (bool, error) { return false, nil }

func space(dir string) (free, total int64, err error) {
	var st unix.Statfs_t
	if err := uninterrupted(func() error { return unix.Statfs(dir, &st) }); err != nil {
		return 0, 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	block := int64(st.Bsize)
	return int64(st.Bavail) * block, int64(st.Blocks) * block, nil
}
