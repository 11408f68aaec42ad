package vfs

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openDirect opens the file with O_DIRECT. It reports false when that fails
// for any reason or when the file wants more than Alignment.
func openDirect(name string, flags int) (*os.File, bool) {
	f, err := os.OpenFile(name, flags|unix.O_DIRECT, 0o600)
	if err != nil {
		return nil, false
	}
	if !directFits(int(f.Fd())) {
		_ = f.Close() // nothing was written
		return nil, false
	}
	return f, true
}

// directFits asks the kernel (Linux 6.1 and later) whether multiples of
// Alignment are good enough. Older kernels say nothing; the devices they know
// want 512 or 4096 bytes.
func directFits(fd int) bool {
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &st)
	if err != nil || st.Mask&unix.STATX_DIOALIGN == 0 {
		return true
	}
	fits := func(align uint32) bool { return align != 0 && Alignment%align == 0 }
	return fits(st.Dio_mem_align) && fits(st.Dio_offset_align)
}

// syncData is fdatasync: content, and of the metadata what reading it back
// needs.
func syncData(f *os.File) error {
	return control(f, "fdatasync", unix.Fdatasync)
}

// punch frees the blocks of the region; parts of blocks become zeros.
func punch(f *os.File, offset, length int64) (bool, error) {
	err := control(f, "fallocate", func(fd int) error {
		return unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, offset, length)
	})
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return false, nil
	}
	return err == nil, err
}

func space(dir string) (free, total int64, err error) {
	var st unix.Statfs_t
	if err := uninterrupted(func() error { return unix.Statfs(dir, &st) }); err != nil {
		return 0, 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	block := int64(st.Frsize)
	if block == 0 {
		block = int64(st.Bsize)
	}
	return int64(st.Bavail) * block, int64(st.Blocks) * block, nil
}
