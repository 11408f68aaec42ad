package vfs

import "golang.org/x/sys/unix"

// useLargePages asks for large pages. Where there are none the memory is as good
// as before, so the error says nothing.
func useLargePages(mem []byte) { _ = unix.Madvise(mem, unix.MADV_HUGEPAGE) }
