package extent

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// TestSequentialReadLoadsAhead reads 8 MiB in steps of 100 KiB and checks that
// it takes few, ever larger reads.
func TestSequentialReadLoadsAhead(t *testing.T) {
	fs := newFS()
	m := write(t, fs, 1, Options{}, makeRun(1, 0, 8000, 1000))[0]
	s := open(t, fs, StoreOptions{})
	got, err := readAll(s, m, 100)
	if err != nil || len(got) != 8000 {
		t.Fatal(len(got), err)
	}
	stats := s.Stats()
	if stats.Loads > 14 {
		t.Errorf("%d reads for 8 MiB", stats.Loads)
	}
	if extra := int64(stats.LoadedBytes) - m.Length; extra > 256<<10 {
		t.Errorf("%d bytes were read twice", extra)
	}
}

// TestRandomReadLoadsLittle reads single records here and there.
func TestRandomReadLoadsLittle(t *testing.T) {
	fs := newFS()
	m := write(t, fs, 1, Options{}, makeRun(1, 0, 8000, 1000))[0]
	s := open(t, fs, StoreOptions{})
	for i := range 10 {
		before := s.Stats().LoadedBytes
		got, _, err := s.Read(context.Background(), m, storage.Offset(7000-i*700), 0, 1, 1<<20, nil)
		if err != nil || len(got) != 1 {
			t.Fatal(err)
		}
		if n := s.Stats().LoadedBytes - before; i > 0 && n > 70<<10 {
			t.Errorf("read %d loaded %d bytes", i, n)
		}
	}
}

// TestSmallExtentIsOneRead checks the case that a thousand shards make common.
func TestSmallExtentIsOneRead(t *testing.T) {
	fs := newFS()
	m := write(t, fs, 1, Options{}, makeRun(1, 0, 100, 100))[0]
	s := open(t, fs, StoreOptions{})
	if _, err := readAll(s, m, 1000); err != nil {
		t.Fatal(err)
	}
	if n := s.Stats().Loads; n != 1 {
		t.Errorf("%d reads", n)
	}
}

// TestUnreadableBlock makes a read fail that also covers a sound block: the
// sound one is read on its own.
func TestUnreadableBlock(t *testing.T) {
	hook := &hookFS{FS: newFS()}
	r := makeRun(1, 0, 1000, 1000)
	m := write(t, hook.FS, 1, Options{}, r)[0]
	s := open(t, hook, StoreOptions{})
	x, err := s.index(context.Background(), m, 0)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("input/output error")
	hook.onRead = func(_ string, pos, n int64) error {
		if pos+n > x.blocks[5].pos && pos < x.blocks[6].pos {
			return broken
		}
		return nil
	}
	got, next, err := s.Read(context.Background(), m, x.blocks[4].first, 0, 1000, 1<<30, nil)
	if err != nil || next != x.blocks[5].firstMillis {
		t.Fatal(next, err)
	}
	same(t, got, r.records[x.blocks[4].first:x.blocks[5].first])
	_, _, err = s.Read(context.Background(), m, x.blocks[5].first, 0, 1, 1<<30, nil)
	var corrupt *storage.CorruptError
	if !errors.Is(err, broken) || errors.As(err, &corrupt) {
		t.Errorf("an unreadable block gave %v", err)
	}
	hook.onRead = nil
	if got, err = readAll(s, m, 10000); err != nil {
		t.Fatal(err)
	}
	same(t, got, r.records)
}

// TestOpenFilesAreBounded reads from many files, and finds none left open.
func TestOpenFilesAreBounded(t *testing.T) {
	hook := &hookFS{FS: newFS()}
	var metas []Meta
	for number := range uint64(20) {
		metas = append(metas, write(t, hook.FS, number, Options{Class: Class30d}, makeRun(1, 0, 10, 10))...)
	}
	s := NewStore(hook, "x", StoreOptions{OpenFiles: 3, CacheBytes: 1})
	for range 3 {
		for _, m := range metas {
			if _, err := readAll(s, m, 10); err != nil {
				t.Fatal(err)
			}
			if n := s.Stats().OpenFiles; n > 3 {
				t.Fatalf("%d files open", n)
			}
		}
	}
	if n := hook.most.Load(); n > 4 {
		t.Errorf("up to %d files were open", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := hook.open.Load(); n != 0 {
		t.Errorf("%d files are still open", n)
	}
	if _, err := readAll(s, metas[0], 1); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}
}

// TestPunch punches one extent of three.
func TestPunch(t *testing.T) {
	fs := newFS()
	runs := []run{makeRun(1, 0, 100, 1000), makeRun(2, 0, 100, 1000), makeRun(3, 0, 100, 1000)}
	metas := write(t, fs, 1, Options{}, runs...)
	s := open(t, fs, StoreOptions{})
	if _, err := readAll(s, metas[1], 100); err != nil {
		t.Fatal(err)
	}
	if err := s.Punch(metas[1]); err != nil {
		t.Fatal(err)
	}
	var corrupt *storage.CorruptError
	if _, err := readAll(s, metas[1], 100); !errors.As(err, &corrupt) {
		t.Errorf("a punched extent gave %v", err)
	}
	for _, i := range []int{0, 2} {
		got, err := readAll(s, metas[i], 100)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, runs[i].records)
	}
	var seen []error
	err := Inspect(fs, Path("x", Class1d, 1), true, func(m Meta, err error) bool {
		if m != metas[len(seen)] {
			t.Errorf("inspect found %v", m)
		}
		seen = append(seen, err)
		return true
	})
	if err != nil || len(seen) != 3 || seen[0] != nil || seen[1] != ErrPunched || seen[2] != nil {
		t.Error(seen, err)
	}
	checkCache(t, s.cache)
	if err := s.Punch(Meta{Class: Class1d, File: 77, Pos: 4096, Length: 4096}); err != nil {
		t.Errorf("punch in a file that is gone: %v", err)
	}
}

// TestRemove removes a file that was read from.
func TestRemove(t *testing.T) {
	hook := &hookFS{FS: newFS()}
	m := write(t, hook.FS, 1, Options{}, makeRun(1, 0, 100, 1000))[0]
	other := write(t, hook.FS, 2, Options{}, makeRun(1, 100, 100, 1000))[0]
	s := open(t, hook, StoreOptions{})
	for _, m := range []Meta{m, other} {
		if _, err := readAll(s, m, 100); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.Remove(m.Class, m.File); err != nil {
			t.Fatal(err)
		}
	}
	if n := hook.open.Load(); n != 1 {
		t.Errorf("%d files are open", n)
	}
	var corrupt *storage.CorruptError
	if _, err := readAll(s, m, 100); !errors.As(err, &corrupt) {
		t.Errorf("a removed file gave %v", err)
	}
	if _, err := readAll(s, other, 100); err != nil {
		t.Error(err)
	}
	files, err := List(hook, "x")
	if err != nil || len(files) != 1 || files[0] != (FileInfo{Class1d, 2, Path("x", Class1d, 2)}) {
		t.Error(files, err)
	}
}

// TestRealFiles does on the operating system's file system what the other
// tests do in memory.
func TestRealFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	runs := []run{makeRun(1, 0, 100, 100), makeRun(2, 7, 2000, 1000)}
	for _, direct := range []bool{false, true} {
		metas := write(t, vfs.OS{}, 3, Options{Direct: direct}, runs...)
		inspectSame(t, vfs.OS{}, metas)
		s := open(t, vfs.OS{}, StoreOptions{Direct: direct})
		for i, m := range metas {
			got, err := readAll(s, m, 150)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, runs[i].records)
		}
		if err := errors.Join(s.Punch(metas[0]), s.Remove(Class1d, 3)); err != nil {
			t.Error(err)
		}
		if files, err := List(vfs.OS{}, "x"); err != nil || len(files) != 0 {
			t.Error(files, err)
		}
	}
}
