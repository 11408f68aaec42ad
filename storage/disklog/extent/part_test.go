package extent

import (
	"hash/crc32"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// TestPartMeasures takes what a Part says about its records from their bytes.
func TestPartMeasures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPart(t)
		at, record := 0, uint64(0)
		p.pieces(func(bytes int, crc uint32, first uint64, millis int64) {
			piece := p.Bytes[at : at+bytes]
			one, _, err := (&Part{Bytes: piece}).Split(1 << 62)
			if err != nil || one.FirstMillis != millis || first != record {
				t.Fatalf("piece at %d: record %d of %d, want %d; %v", at, first, millis, record, err)
			}
			if got := crc32.Checksum(piece, castagnoli); got != crc {
				t.Fatalf("piece at %d: sum %x, want %x", at, crc, got)
			}
			if bytes > pieceBytes && one.Records != 1 {
				t.Fatalf("piece at %d: %d records of %d bytes", at, one.Records, bytes)
			}
			at += bytes
			record += one.Records
		})
		if at != len(p.Bytes) || record != p.Records {
			t.Fatalf("pieces end with byte %d and record %d of %d and %d", at, record, len(p.Bytes), p.Records)
		}
	})
}

// TestSplit splits Parts everywhere: both sides are as if their records had
// been appended to them.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPart(t)
		n := rapid.Uint64Range(0, p.Records).Draw(t, "n")
		first, rest, err := p.Split(n)
		if err != nil || first.Records != n || first.Records+rest.Records != p.Records {
			t.Fatalf("%d and %d of %d records: %v", first.Records, rest.Records, p.Records, err)
		}
		if got := append(append([]byte{}, first.Bytes...), rest.Bytes...); string(got) != string(p.Bytes) {
			t.Fatal("bytes are lost")
		}
		if n < p.Records && cap(first.Bytes) != len(first.Bytes) {
			t.Fatal("the first Part has room in the second")
		}
		if first.payload+rest.payload != p.payload {
			t.Fatalf("payload of %d and %d, want %d", first.payload, rest.payload, p.payload)
		}
		if whole, none, _ := p.Split(p.Records); none.Records != 0 || !reflect.DeepEqual(whole, p) {
			t.Fatal("a Part is measured in another way than it was built")
		}
	})
}

// drawPart draws a Part of pieces small and large.
func drawPart(t *rapid.T) Part {
	r := makeRun(1, 0, rapid.IntRange(1, 60).Draw(t, "records"), 0)
	for i := range r.records {
		r.records[i].Data = make([]byte, rapid.SampledFrom([]int{0, 100, 3000, pieceBytes - 20, 2 * pieceBytes}).Draw(t, "size"))
	}
	return r.parts(1 << 30)[0]
}
