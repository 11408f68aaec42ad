package stream

import (
	"bytes"
	"testing"
)

// FuzzHashPartitionKeys holds the pair against crypto/md5.
func FuzzHashPartitionKeys(f *testing.F) {
	long := bytes.Repeat([]byte("x"), maxOneBlock)
	f.Add([]byte(""), []byte("a"))
	f.Add([]byte("partitionKey"), []byte("é"))
	f.Add(long, long[1:])
	f.Add(append(long, 'y'), []byte("short"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		gotA, gotB := HashPartitionKeys(a, b)
		if wantA, wantB := HashPartitionKey(a), HashPartitionKey(b); gotA != wantA || gotB != wantB {
			t.Errorf("%q, %q: %s, %s, want %s, %s", a, b, gotA, gotB, wantA, wantB)
		}
	})
}

// TestHashPartitionKeysLengths takes every length there is a way for.
func TestHashPartitionKeysLengths(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcdef"), 8)
	for i := range text {
		for _, j := range []int{0, 1, maxOneBlock, maxOneBlock + 1, i} {
			a, b := HashPartitionKeys(text[:i], text[j/2:j])
			if a != HashPartitionKey(text[:i]) || b != HashPartitionKey(text[j/2:j]) {
				t.Errorf("lengths %d and %d", i, j)
			}
		}
	}
}

func BenchmarkHashPartitionKeys(b *testing.B) {
	one, other := []byte("customer-0000000001"), []byte("customer-0000000002")
	b.ReportAllocs()
	for b.Loop() {
		HashPartitionKeys(one, other)
	}
}
