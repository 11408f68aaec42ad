package vfs

import "unsafe"

// Aligned returns n zero bytes that start at a multiple of Alignment, as
// direct reads and writes want them. Its capacity is n.
func Aligned(n int) []byte {
	mem := make([]byte, n+Alignment)
	skip := 0
	if odd := int(address(mem) % Alignment); odd != 0 {
		skip = Alignment - odd
	}
	return mem[skip : skip+n : skip+n]
}

// AlignUp rounds n up to a multiple of Alignment.
func AlignUp(n int64) int64 { return (n + Alignment - 1) &^ (Alignment - 1) }

// address returns where p begins in memory, 0 when it has no bytes.
func address(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }
