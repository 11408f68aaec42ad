package extent

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
)

// TestAddRefuses gives Add records that cannot be stored; the file goes on as
// if nothing had been added.
func TestAddRefuses(t *testing.T) {
	fsys := newFS()
	w, err := Create(fsys, "x", 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	good := makeRun(1, 0, 10, 100)
	backwards := makeRun(1, 0, 10, 100)
	backwards.records[5].ArrivalMillis = 1
	size := w.Size()
	for name, parts := range map[string][]Part{
		"no parts":              nil,
		"an empty part":         {{}},
		"arrivals decreasing":   backwards.parts(1),
		"decreasing in a part":  {{Bytes: []byte{1}, Records: 1, FirstMillis: 2, LastMillis: 1}},
		"an empty part at last": append(good.parts(1), Part{}),
	} {
		if m, err := w.Add(good.key, 0, parts); err == nil {
			t.Errorf("%s: %v", name, m)
		}
	}
	if _, err := w.Add(good.key, 1<<64-5, good.parts(1<<20)); err == nil {
		t.Error("offsets beyond the last were accepted")
	}
	if w.Size() != size {
		t.Errorf("size is %d, was %d", w.Size(), size)
	}
	m := add(t, w, good)[0]
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(open(t, fsys, StoreOptions{}), m, 100)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, good.records)
}

// TestCreateRefusesUsedNumber protects the content of a file that exists.
func TestCreateRefusesUsedNumber(t *testing.T) {
	fsys := newFS()
	r := makeRun(1, 0, 10, 10)
	m := write(t, fsys, 5, Options{}, r)[0]
	if _, err := Create(fsys, "x", 5, Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create again: %v", err)
	}
	got, err := readAll(open(t, fsys, StoreOptions{}), m, 10)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, r.records)
}

// TestAbort leaves nothing behind, Close what was synced.
func TestAbort(t *testing.T) {
	fsys := newFS()
	for number, end := range []func(*Writer) error{(*Writer).Abort, (*Writer).Close} {
		w, err := Create(fsys, "x", uint64(number), Options{})
		if err != nil {
			t.Fatal(err)
		}
		add(t, w, makeRun(1, 0, 10, 10))
		if err := errors.Join(w.Sync(), end(w)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := List(fsys, "x")
	if err != nil || len(files) != 1 || files[0].Number != 1 {
		t.Error(files, err)
	}
}

// TestReadWhileWritten reads extents of a file that is not finished, and walks
// it without a footer.
func TestReadWhileWritten(t *testing.T) {
	fsys := newFS()
	w, err := Create(fsys, "x", 3, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, fsys, StoreOptions{})
	var metas []Meta
	for shard := range uint32(4) {
		r := makeRun(shard, 9, 100, 1000)
		metas = append(metas, add(t, w, r)...)
		if err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		got, err := readAll(s, metas[shard], 100)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, r.records)
		inspectSame(t, fsys, metas)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	inspectSame(t, fsys, metas)
}

// TestSmallExtentsAreSmall writes what a flush of a thousand shards writes.
func TestSmallExtentsAreSmall(t *testing.T) {
	var writes, syncs int
	fs := errfs.Wrap(newFS(), func(c errfs.Call) error {
		switch c.Op {
		case errfs.OpWrite:
			writes++
		case errfs.OpSync:
			syncs++
		}
		return nil
	})
	w, err := Create(fs, "x", 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := makeRun(1, 0, 10, 1000)
	encoded := int64(0)
	for i := range r.records {
		encoded += int64(len(entry.AppendRecord(nil, &r.records[i])))
	}
	for shard := range uint32(1000) {
		m, err := w.Add(storage.ShardKey{Shard: shard}, 0, r.parts(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		if want := vfs.AlignUp(encoded + headerBytes + tableEntryBytes); m.Length != want {
			t.Fatalf("%d bytes for %d of records, want %d", m.Length, encoded, want)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if size := w.Size(); writes > int(size/writeBytes)+2 || syncs != 1 {
		t.Errorf("%d writes and %d syncs for %d bytes", writes, syncs, size)
	}
}
