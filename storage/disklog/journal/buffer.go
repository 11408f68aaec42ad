package journal

import (
	"hash/crc32"
	"unsafe"

	"github.com/leat-io/leat/internal/crc32c"
	"github.com/leat-io/leat/internal/vfs"
)

// Buffer holds one frame while it is built, in memory that can be written to a
// direct file as it is. It belongs to whoever got it from NewBuffer and is
// reused from frame to frame.
type Buffer struct {
	// Payload is appended to. Appending within its capacity costs the copy and
	// nothing else; what outgrows it is moved back into aligned memory by
	// Write, so call Grow first where the size is known.
	Payload []byte
	// Entries is how many entries the payload holds, at least one.
	Entries int
	// Flags are the frame's; FlagLast and FlagPadded are the journal's.
	Flags uint32

	mem []byte // aligned, a multiple of 4096; Payload normally starts at frameHeader

	summed int    // bytes of Payload that sum covers
	sum    uint32 // their CRC32C
}

const (
	newBufferBytes  = 256 << 10
	keepBufferBytes = 8 << 20 // a larger buffer is given up by Reset
	// sumBytes is how much Sum takes at once: few calls, and what was appended
	// is still in a processor's first caches.
	sumBytes = 32 << 10
)

// NewBuffer returns an empty buffer.
func (j *Journal) NewBuffer() *Buffer { return newBuffer() }

func newBuffer() *Buffer {
	b := &Buffer{}
	b.Reset()
	return b
}

// Reset empties the buffer. Slices of the old Payload must not be used any
// more.
func (b *Buffer) Reset() {
	if b.mem == nil || len(b.mem) > keepBufferBytes {
		b.mem = vfs.Aligned(newBufferBytes)
	}
	b.Payload = b.mem[frameHeader:frameHeader]
	b.Entries, b.Flags = 0, 0
	b.summed, b.sum = 0, 0
}

// Sum takes what was appended to Payload so far into the frame's checksum, once
// that is enough to be worth it; the rest is Write's to do. To a payload that has
// left the cache until it is written, that makes the difference of reading it
// from memory once more. The bytes must not be changed any more.
func (b *Buffer) Sum() {
	if len(b.Payload)-b.summed >= sumBytes {
		b.sumTo(len(b.Payload))
	}
}

// SumLast takes everything that was appended into the frame's checksum and
// returns the CRC32C of the last n bytes, for which it looks at them only once.
// No call before may have covered a part of them.
func (b *Buffer) SumLast(n int) uint32 {
	b.sumTo(len(b.Payload) - n)
	last := crc32.Checksum(b.Payload[b.summed:], castagnoli)
	b.sum = crc32c.Combine(b.sum, last, n)
	b.summed = len(b.Payload)
	return last
}

func (b *Buffer) sumTo(end int) {
	b.sum = crc32.Update(b.sum, castagnoli, b.Payload[b.summed:end])
	b.summed = end
}

// Grow makes room for n more bytes of payload.
func (b *Buffer) Grow(n int) {
	if cap(b.Payload)-len(b.Payload) >= n && b.home() {
		return
	}
	b.move(len(b.Payload) + n)
}

// home reports whether Payload still lies behind the header's room.
func (b *Buffer) home() bool {
	return unsafe.SliceData(b.Payload) == &b.mem[frameHeader]
}

// move puts Payload into aligned memory with room for capacity bytes.
func (b *Buffer) move(capacity int) {
	old := b.Payload
	if need := frameHeader + capacity; need > len(b.mem) {
		size := max(2*len(b.mem), need)
		b.mem = vfs.AlignedLarge(int(vfs.AlignUp(int64(size))))
	}
	b.Payload = b.mem[frameHeader : frameHeader+copy(b.mem[frameHeader:], old)]
}

// seal writes the frame's header and padding and returns its bytes.
func (b *Buffer) seal(f frame) []byte {
	if !b.home() {
		b.move(len(b.Payload))
	}
	b.sumTo(len(b.Payload))
	f.payload = len(b.Payload)
	f.payloadCRC = placedChecksum(f.incarnation, f.lsn, b.sum, len(b.Payload))
	f.encode(b.mem)
	size := f.end(0)
	clear(b.mem[frameHeader+len(b.Payload) : size])
	return b.mem[:size]
}
