package vfs

import "unsafe"

// largePage is the size of the pages that AlignedLarge asks for.
const largePage = 2 << 20

// Aligned returns n zero bytes that start at a multiple of Alignment, as
// direct reads and writes want them. Its capacity is n.
func Aligned(n int) []byte { return alignedTo(n, Alignment) }

// AlignedLarge is Aligned for buffers that are kept and used over and over. From
// 1 MiB on they are in pages of 2 MiB where the system has such, since direct
// I/O has to get hold of every page; so much more may become resident.
func AlignedLarge(n int) []byte {
	if n < largePage/2 {
		return Aligned(n)
	}
	mem := alignedTo((n+largePage-1)&^(largePage-1), largePage)
	useLargePages(mem)
	return mem[:n:n]
}

// alignedTo returns n zero bytes that start at a multiple of alignment, and no
// more.
func alignedTo(n, alignment int) []byte {
	mem := make([]byte, n+alignment)
	skip := 0
	if odd := int(address(mem) % uintptr(alignment)); odd != 0 {
		skip = alignment - odd
	}
	return mem[skip : skip+n : skip+n]
}

// AlignUp rounds n up to a multiple of Alignment.
func AlignUp(n int64) int64 { return (n + Alignment - 1) &^ (Alignment - 1) }

// address returns where p begins in memory, 0 when it has no bytes.
func address(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }
