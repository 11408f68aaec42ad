package extent

import (
	"context"
	"fmt"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// benchBytes is how much data the benchmarks write and read.
const benchBytes = 32 << 20

// BenchmarkRead reads an extent from its beginning to its end, as GetRecords
// does. "cold" has nothing in the Store's cache, though the operating system
// may; "cached" has everything; "bare" is the same bytes by pread alone.
func BenchmarkRead(b *testing.B) {
	for _, size := range []int{100, 1 << 10, 25 << 10} {
		b.Chdir(b.TempDir())
		m := write(b, vfs.OS{}, 1, Options{}, makeRun(1, 0, benchBytes/size, size))[0]
		b.Run(fmt.Sprintf("%dB/bare", size), func(b *testing.B) {
			f, err := vfs.OS{}.Open(Path("x", m.Class, m.File), vfs.Buffered)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			buf := make([]byte, 1<<20)
			for b.Loop() {
				for at := m.Pos; at < m.Pos+m.Length; at += int64(len(buf)) {
					if _, err := f.ReadAt(buf[:min(int64(len(buf)), m.Pos+m.Length-at)], at); err != nil {
						b.Fatal(err)
					}
				}
			}
			report(b, m)
		})
		b.Run(fmt.Sprintf("%dB/cold", size), func(b *testing.B) {
			for b.Loop() {
				s := NewStore(vfs.OS{}, "x", StoreOptions{})
				readThrough(b, s, m)
				s.Close()
			}
			report(b, m)
		})
		b.Run(fmt.Sprintf("%dB/cached", size), func(b *testing.B) {
			s := open(b, vfs.OS{}, StoreOptions{CacheBytes: 2 * benchBytes})
			readThrough(b, s, m)
			for b.Loop() {
				readThrough(b, s, m)
			}
			report(b, m)
		})
	}
}

// readThrough reads in steps of 1 MiB.
func readThrough(b *testing.B, s *Store, m Meta) {
	var dst []storage.Record
	for from := m.First; from <= m.Last; {
		var err error
		if dst, _, err = s.Read(context.Background(), m, from, 0, 10000, 1<<20, dst[:0]); err != nil {
			b.Fatal(err)
		}
		from += storage.Offset(len(dst))
	}
}

// BenchmarkAdd writes extents of 1 KiB records to a file that is synced at the
// end: a thousand small ones, and large ones.
func BenchmarkAdd(b *testing.B) {
	for _, extents := range []int{4, 1000} {
		for _, direct := range []bool{false, true} {
			b.Run(fmt.Sprintf("%dextents/direct=%v", extents, direct), func(b *testing.B) {
				b.Chdir(b.TempDir())
				r := makeRun(1, 0, benchBytes>>10/extents, 1<<10)
				parts := r.parts(1 << 20)
				number := uint64(0)
				for b.Loop() {
					w, err := Create(vfs.OS{}, "x", number, Options{Direct: direct})
					if err != nil {
						b.Fatal(err)
					}
					for range extents {
						if _, err := w.Add(r.key, 0, parts); err != nil {
							b.Fatal(err)
						}
					}
					if err := w.Sync(); err != nil {
						b.Fatal(err)
					}
					if err := w.Abort(); err != nil {
						b.Fatal(err)
					}
					number++
				}
				b.SetBytes(benchBytes)
			})
		}
	}
}

func report(b *testing.B, m Meta) {
	b.SetBytes(m.Bytes)
	b.ReportMetric(float64(m.Count())*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
