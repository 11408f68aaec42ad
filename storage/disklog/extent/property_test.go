package extent

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
	"pgregory.net/rapid"
)

// TestReadsLikeSlice writes random runs in random ways and checks that every
// way of reading them gives what the same question to the slice of records
// gives.
func TestReadsLikeSlice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fs := newFS()
		o := Options{
			Class:      Class(rapid.IntRange(0, int(Class365d)).Draw(rt, "class")),
			Direct:     rapid.Bool().Draw(rt, "direct"),
			BlockBytes: rapid.SampledFrom([]int{1, 100, 5000, 0}).Draw(rt, "block bytes"),
		}
		runs := rapid.SliceOfN(rapid.Custom(drawRun), 1, 4).Draw(rt, "runs")
		w, err := Create(fs, "x", 3, o)
		if err != nil {
			rt.Fatal(err)
		}
		var metas []Meta
		for _, r := range runs {
			m, err := w.Add(r.key, r.first, r.parts(rapid.IntRange(1, 10000).Draw(rt, "part bytes")))
			if err != nil {
				rt.Fatal(err)
			}
			metas = append(metas, m)
		}
		if err := w.Finish(); err != nil {
			rt.Fatal(err)
		}
		inspectSame(rt, fs, metas)
		s := NewStore(fs, "x", StoreOptions{
			CacheBytes:     rapid.SampledFrom([]int64{1, 20000, 0}).Draw(rt, "cache bytes"),
			ReadAheadBytes: rapid.SampledFrom([]int64{1, 10000, 0}).Draw(rt, "read-ahead bytes"),
			Direct:         rapid.Bool().Draw(rt, "direct reads"),
		})
		for i := range 16 {
			i %= len(runs)
			ask(rt, s, metas[i], runs[i].records)
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}

// drawRun draws a run, now and then with a record of up to 10 MiB.
func drawRun(rt *rapid.T) run {
	r := run{
		key:   storage.ShardKey{Stream: storage.StreamID(rapid.Uint32().Draw(rt, "stream")), Shard: rapid.Uint32().Draw(rt, "shard")},
		first: storage.Offset(rapid.Uint64Max(1<<63).Draw(rt, "first")),
	}
	sizes := []int{rapid.SampledFrom([]int{0, 10, 200, 30000}).Draw(rt, "size limit")}
	if rapid.IntRange(0, 60).Draw(rt, "large") == 0 {
		sizes = append(sizes, 10<<20) // as large as a record may be
	}
	millis := rapid.Int64Range(0, 1<<42).Draw(rt, "millis")
	n := rapid.IntRange(1, 60).Draw(rt, "records")
	seed := rand.NewChaCha8([32]byte{rapid.Byte().Draw(rt, "seed")})
	rnd := rand.New(seed)
	for i := range n {
		millis += rnd.Int64N(3)
		rec := storage.Record{
			Shard: r.key.Shard, Offset: r.first + storage.Offset(i), ArrivalMillis: millis,
			PartitionKey:       bytes.Repeat([]byte{'k'}, rnd.IntN(257)),
			HasExplicitHashKey: rnd.IntN(2) == 0,
			KeyVersion:         rnd.Uint32N(3),
		}
		limit := sizes[0]
		if len(sizes) > 1 && i == n/2 {
			limit = sizes[1]
		}
		rec.Data = make([]byte, rnd.IntN(limit+1))
		seed.Read(rec.Data)
		if rec.HasExplicitHashKey {
			rec.ExplicitHashKey = stream.HashPartitionKey(rec.PartitionKey)
		}
		r.records = append(r.records, rec)
	}
	return r
}

// ask compares one random read and one search with the records.
func ask(rt *rapid.T, s *Store, m Meta, records []storage.Record) {
	from := m.First + storage.Offset(rapid.IntRange(-1, len(records)).Draw(rt, "from"))
	if from > m.Last+1 { // below 0
		from = m.First
	}
	notBefore := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(m.FirstMillis-1, m.LastMillis+1)).Draw(rt, "not before")
	maxRecords := rapid.SampledFrom([]int{0, 1, 3, 10000}).Draw(rt, "max records")
	maxBytes := rapid.SampledFrom([]int{0, 1, 500, 10 << 20}).Draw(rt, "max bytes")
	dst := make([]storage.Record, rapid.IntRange(0, 1).Draw(rt, "dst"))

	want, wantNext := model(records, from, notBefore, maxRecords, maxBytes, len(dst) == 0)
	got, next, err := s.Read(context.Background(), m, from, notBefore, maxRecords, maxBytes, dst)
	if err != nil {
		rt.Fatal(err)
	}
	same(rt, got[len(dst):], want)
	if next != wantNext {
		rt.Fatalf("next arrived at %d, want %d", next, wantNext)
	}

	wantAt := m.Last + 1
	for i := len(records) - 1; i >= 0 && records[i].ArrivalMillis >= notBefore; i-- {
		wantAt = records[i].Offset
	}
	if at, err := s.OffsetAt(context.Background(), m, notBefore); err != nil || at != wantAt {
		rt.Fatalf("offset at %d: %d, %v, want %d", notBefore, at, err, wantAt)
	}
}

// model is Read in its plainest form.
func model(records []storage.Record, from storage.Offset, notBefore int64, maxRecords, maxBytes int, empty bool) (found []storage.Record, next int64) {
	for _, r := range records {
		if r.Offset < from || r.ArrivalMillis < notBefore {
			continue
		}
		size := len(r.PartitionKey) + len(r.Data)
		fits := len(found) < maxRecords && maxBytes > 0 && size <= maxBytes
		if !fits && (!empty || len(found) > 0 || maxRecords == 0) {
			return found, r.ArrivalMillis
		}
		found = append(found, r)
		maxBytes -= size
	}
	return found, 0
}

// inspectSame fails unless Inspect finds just these extents, sound.
func inspectSame(t fataler, fs vfs.FS, metas []Meta) {
	n := 0
	err := Inspect(fs, Path("x", metas[0].Class, 3), true, func(m Meta, err error) bool {
		if n >= len(metas) || m != metas[n] || err != nil {
			t.Fatalf("extent %d: %v, %v", n, m, err)
		}
		n++
		return true
	})
	if err != nil || n != len(metas) {
		t.Fatalf("%d extents, %v", n, err)
	}
}
