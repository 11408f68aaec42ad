package extent

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

// run is what one Add is given.
type run struct {
	key     storage.ShardKey
	first   storage.Offset
	records []storage.Record
}

// parts returns the run's records as Parts, a new one as soon as one holds limit
// bytes.
func (r run) parts(limit int) []Part {
	var parts []Part
	full := true
	for i := range r.records {
		form := entry.AppendRecord(nil, &r.records[i])
		if full {
			parts = append(parts, Part{})
		}
		p := &parts[len(parts)-1]
		p.Bytes = slices.Grow(p.Bytes, len(form))
		millis, payload := r.records[i].ArrivalMillis, len(r.records[i].PartitionKey)+len(r.records[i].Data)
		if i%2 == 0 {
			p.Append(form, millis, payload)
		} else {
			p.AppendSummed(form, crc32.Checksum(form, castagnoli), millis, payload)
		}
		full = len(p.Bytes) >= limit
	}
	return parts
}

// makeRun returns a run of n records whose data have the given size. Every
// third arrives a millisecond later than the one before.
func makeRun(shard uint32, first storage.Offset, n, size int) run {
	rnd := rand.NewChaCha8([32]byte{byte(shard), byte(first)})
	r := run{key: storage.ShardKey{Stream: 7, Shard: shard}, first: first}
	for i := range n {
		data := make([]byte, size)
		rnd.Read(data)
		r.records = append(r.records, storage.Record{
			Shard: shard, PartitionKey: fmt.Appendf(nil, "key-%d", i), Data: data,
			Offset: first + storage.Offset(i), ArrivalMillis: 1000 + int64(i/3),
		})
	}
	return r
}

// write makes a file of the runs, finished, and returns their metas.
func write(t testing.TB, fs vfs.FS, number uint64, o Options, runs ...run) []Meta {
	t.Helper()
	w, err := Create(fs, "x", number, o)
	if err != nil {
		t.Fatal(err)
	}
	metas := add(t, w, runs...)
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return metas
}

// add adds the runs, in parts that let blocks be as small as the Writer's are.
func add(t testing.TB, w *Writer, runs ...run) []Meta {
	t.Helper()
	var metas []Meta
	limit := 1
	if w.options.BlockBytes > pieceBytes {
		limit = 1 << 16
	}
	for _, r := range runs {
		m, err := w.Add(r.key, r.first, r.parts(limit))
		if err != nil {
			t.Fatal(err)
		}
		metas = append(metas, m)
	}
	return metas
}

// open returns a Store that the test closes.
func open(t testing.TB, fs vfs.FS, o StoreOptions) *Store {
	s := NewStore(fs, "x", o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// readAll reads an extent in steps of at most n records.
func readAll(s *Store, m Meta, n int) ([]storage.Record, error) {
	var all []storage.Record
	for from := m.First; from <= m.Last; {
		got, _, err := s.Read(context.Background(), m, from, 0, n, 1<<20, nil)
		if err != nil {
			return all, err
		}
		if len(got) == 0 {
			return all, fmt.Errorf("nothing at %d of %v", from, m)
		}
		all = append(all, got...)
		from = got[len(got)-1].Offset + 1
	}
	return all, nil
}

// same fails the test unless the records are equal.
func same(t fataler, got, want []storage.Record) {
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.Shard != w.Shard || g.KeyVersion != w.KeyVersion || g.Offset != w.Offset || g.ArrivalMillis != w.ArrivalMillis ||
			g.HasExplicitHashKey != w.HasExplicitHashKey || g.ExplicitHashKey != w.ExplicitHashKey ||
			string(g.PartitionKey) != string(w.PartitionKey) || string(g.Data) != string(w.Data) {
			t.Fatalf("record %d: got %d arrived %d with %d bytes, want %d arrived %d with %d bytes", i,
				g.Offset, g.ArrivalMillis, len(g.Data), w.Offset, w.ArrivalMillis, len(w.Data))
		}
	}
}

var update = flag.Bool("update", false, "rewrite the files in testdata")

// golden compares got with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("not as in %s:\n%.2000s", name, got)
	}
}

// fataler is what testing.T and rapid.T have in common here.
type fataler interface{ Fatalf(string, ...any) }

func newFS() *vfs.Crash { return vfs.NewCrash() }
