package crc32c

import (
	"hash/crc32"
	"testing"

	"pgregory.net/rapid"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func TestCombine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "text")
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		first, last := crc32.Checksum(text[:cut], castagnoli), crc32.Checksum(text[cut:], castagnoli)
		if got, want := Combine(first, last, len(text)-cut), crc32.Checksum(text, castagnoli); got != want {
			t.Fatalf("%x and %x of %d bytes: got %x, want %x", first, last, len(text)-cut, got, want)
		}
	})
}

// TestCombineLong takes a text that is as long as they come.
func TestCombineLong(t *testing.T) {
	zeros := make([]byte, 1<<24|12345)
	first, last := crc32.Checksum([]byte("head"), castagnoli), crc32.Checksum(zeros, castagnoli)
	want := crc32.Update(first, castagnoli, zeros)
	if got := Combine(first, last, len(zeros)); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func BenchmarkCombine(b *testing.B) {
	for i := range uint32(b.N) {
		Combine(i, ^i, 16<<10-100)
	}
}
