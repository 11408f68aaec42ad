package extent

import (
	"errors"
	"testing"

	"github.com/leat-io/leat/storage"
)

// TestReadWhole makes one extent of several, which holds the same records in
// fewer blocks, is marked, and can be moved again.
func TestReadWhole(t *testing.T) {
	for _, direct := range []bool{false, true} {
		fs := newFS()
		runs := []run{makeRun(1, 5, 60, 100), makeRun(1, 65, 1, 90_000), makeRun(1, 66, 200, 1000)}
		for i := 1; i < len(runs); i++ { // arrivals do not decrease
			for j := range runs[i].records {
				runs[i].records[j].ArrivalMillis += int64(1000 * i)
			}
		}
		var want []storage.Record
		for _, r := range runs {
			want = append(want, r.records...)
		}
		metas := write(t, fs, 1, Options{BlockBytes: 1000}, runs...)
		s := open(t, fs, StoreOptions{Direct: direct})
		for file := uint64(2); file < 4; file++ {
			parts := make([]Part, len(metas))
			for i, m := range metas {
				var err error
				if parts[i], err = s.ReadWhole(m); err != nil {
					t.Fatal(err)
				}
			}
			if n := s.Stats().CachedBytes; n != 0 {
				t.Errorf("direct=%v: %d bytes are in the cache", direct, n)
			}
			w, err := Create(fs, "x", file, Options{Class: Class7d})
			if err != nil {
				t.Fatal(err)
			}
			m, err := w.AddMoved(metas[0].Key, metas[0].First, parts)
			if err != nil || !m.Moved || m.First != 5 || m.Last != 265 {
				t.Fatalf("moved to %v, %v", m, err)
			}
			if err := w.Finish(); err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(m, func(int) error { return nil }); err != nil {
				t.Error(err)
			}
			fresh := open(t, fs, StoreOptions{Direct: direct})
			got, err := readAll(fresh, m, 7)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, want)
			metas = []Meta{m}
		}
	}
}

// TestReadWholeDamaged moves nothing that is not as it was written, nor
// anything that is not there.
func TestReadWholeDamaged(t *testing.T) {
	fs := newFS()
	m := write(t, fs, 1, Options{BlockBytes: 1000}, makeRun(1, 5, 60, 100))[0]
	name := Path("x", Class1d, 1)
	s := open(t, fs, StoreOptions{})
	damaged := func(m Meta) {
		t.Helper()
		var corrupt *storage.CorruptError
		if _, err := s.ReadWhole(m); !errors.As(err, &corrupt) || corrupt.File != name {
			t.Errorf("%v: %v", m, err)
		}
	}
	for at := m.Pos; at < m.Pos+headerBytes+6000; at += 7 {
		change(t, fs, name, at)
		damaged(m)
		change(t, fs, name, at) // back
	}
	if _, err := s.ReadWhole(m); err != nil {
		t.Errorf("put back: %v", err)
	}
	other := m
	other.Last++
	damaged(other)
	if n, err := s.FileBytes(Class1d, 1); err != nil || n < m.Pos+m.Length {
		t.Errorf("the file has %d bytes, %v", n, err)
	}
	if err := s.Punch(m); err != nil {
		t.Fatal(err)
	}
	damaged(m)
	if err := s.Remove(Class1d, 1); err != nil {
		t.Fatal(err)
	}
	damaged(m)
}
