package extent

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// TestFormat writes a small file and compares it with one of format 1 that was
// written before. When it fails, raise formatVersion and read both.
func TestFormat(t *testing.T) {
	fs := newFS()
	o := Options{Class: Class7d, Instance: [16]byte{1, 2, 3}, BlockBytes: 300}
	metas := write(t, fs, 3, o, makeRun(1, 100, 9, 80), makeRun(2, 0, 1, 0))
	golden(t, "testdata/format1.x", content(t, fs, Path("x", Class7d, 3)))
	want, err := os.ReadFile("testdata/format1.x")
	if err != nil {
		t.Fatal(err)
	}
	put(t, fs, Path("x", Class7d, 3), want)
	inspectSame(t, fs, metas)
}

// TestNewerFormat meets a file from the future, which is not damage.
func TestNewerFormat(t *testing.T) {
	fs := newFS()
	name := Path("x", Class1d, 1)
	m := write(t, fs, 1, Options{}, makeRun(1, 0, 9, 80))[0]
	for pos, what := range map[int64]string{m.Pos + 8: "format", m.Pos + 12: "flags", 8: "file format"} {
		b := content(t, fs, name)
		b[pos] += 2
		reseal(b)
		put(t, fs, name, b)
		var corrupt *storage.CorruptError
		if pos > 8 {
			if _, err := readAll(open(t, fs, StoreOptions{}), m, 1); err == nil || errors.As(err, &corrupt) {
				t.Errorf("read %s: %v", what, err)
			}
		}
		err := Inspect(fs, name, false, func(Meta, error) bool { return true })
		if err == nil || errors.As(err, &corrupt) {
			t.Errorf("inspect %s: %v", what, err)
		}
		b[pos] -= 2
		reseal(b)
		put(t, fs, name, b)
	}
	if _, err := readAll(open(t, fs, StoreOptions{}), m, 1); err != nil {
		t.Error(err)
	}
}

// TestInspectStops stops at the first extent.
func TestInspectStops(t *testing.T) {
	fs := newFS()
	write(t, fs, 1, Options{}, makeRun(1, 0, 9, 80), makeRun(2, 0, 9, 80))
	n := 0
	if err := Inspect(fs, Path("x", Class1d, 1), true, func(Meta, error) bool { n++; return false }); err != nil || n != 1 {
		t.Error(n, err)
	}
}

// TestInspectOther is given files that are no extent files.
func TestInspectOther(t *testing.T) {
	fs := newFS()
	put(t, fs, "notes.txt", bytes.Repeat([]byte("hello "), 10000))
	put(t, fs, "empty", nil)
	visit := func(m Meta, err error) bool {
		t.Errorf("visited %v, %v", m, err)
		return true
	}
	for _, name := range []string{"notes.txt", "empty"} {
		var corrupt *storage.CorruptError
		err := Inspect(fs, name, true, visit)
		if err == nil || errors.As(err, &corrupt) || !strings.Contains(err.Error(), "not an extent file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Inspect(fs, "missing", true, visit); err == nil {
		t.Error("a file that is missing passed for one")
	}
}

// TestInspectCompares changes what a header says of its records, checksums
// being right: only a deep Inspect can tell.
func TestInspectCompares(t *testing.T) {
	fs := newFS()
	name := Path("x", Class1d, 1)
	m := write(t, fs, 1, Options{}, makeRun(1, 0, 9, 80))[0]
	for what, pos := range map[string]int64{"bytes": m.Pos + 96, "last arrival": m.Pos + 88} {
		b := content(t, fs, name)
		b = b[:m.Pos+m.Length] // the footer would say otherwise
		b[pos]++
		reseal(b)
		put(t, fs, name, b)
		for _, deep := range []bool{false, true} {
			n := 0
			err := Inspect(fs, name, deep, func(m Meta, err error) bool {
				n++
				var corrupt *storage.CorruptError
				if errors.As(err, &corrupt) != deep || m.Key.Shard != 1 {
					t.Errorf("wrong %s, deep %v: %v", what, deep, err)
				}
				return true
			})
			if n != 1 || err != nil {
				t.Error(n, err)
			}
		}
		b[pos]--
		reseal(b)
		put(t, fs, name, b)
	}
}

// TestScanIgnoresForeignExtents walks a file without a footer in which copies
// of extents stand where they do not belong.
func TestScanIgnoresForeignExtents(t *testing.T) {
	fs := newFS()
	name := Path("x", Class1d, 3)
	metas := write(t, fs, 3, Options{}, makeRun(1, 0, 9, 80))
	write(t, fs, 4, Options{}, makeRun(1, 0, 9, 80), makeRun(2, 0, 9, 80))
	m := metas[0]
	own := content(t, fs, name)[m.Pos : m.Pos+m.Length]
	other := content(t, fs, Path("x", Class1d, 4))[m.Pos+m.Length : m.Pos+2*m.Length]
	for _, foreign := range [][]byte{own, other} { // wrong position; right position, wrong file
		put(t, fs, name, append(content(t, fs, name)[:m.Pos+m.Length], foreign...))
		var found []Meta
		damaged := 0
		err := Inspect(fs, name, true, func(m Meta, err error) bool {
			if err == nil {
				found = append(found, m)
			} else {
				damaged++
			}
			return true
		})
		if err != nil || len(found) != 1 || found[0] != m || damaged != 1 {
			t.Errorf("found %v and %d times damage, %v", found, damaged, err)
		}
	}
}

// FuzzInspect: whatever is in a file, Inspect and a Store come to an end
// without a panic, and do not take what was changed for sound. With sealed, the
// checksums of headers and tables are put right first, so that the fuzzer gets
// past them.
func FuzzInspect(f *testing.F) {
	fs := newFS()
	name := Path("x", Class1d, 1)
	m := write(f, fs, 1, Options{BlockBytes: 300}, makeRun(1, 0, 9, 80), makeRun(2, 0, 9, 80))[0]
	whole := content(f, fs, name)
	f.Add(whole, true)
	f.Add(whole[:len(whole)-pageBytes], false)
	f.Add(whole[:len(whole)-pageBytes-1], true)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		if sealed {
			b = bytes.Clone(b)
			reseal(b)
		}
		fs := newFS()
		put(t, fs, name, b)
		var found []Meta
		_ = Inspect(fs, name, true, func(m Meta, err error) bool {
			if err == nil {
				found = append(found, m)
			}
			return len(found) < 100
		})
		s := NewStore(fs, "x", StoreOptions{})
		defer s.Close()
		for _, m := range found {
			if _, _, err := s.Read(context.Background(), m, m.First, 0, 100, 1<<20, nil); err != nil && m.File == 1 && m.Class == Class1d {
				t.Errorf("%v is sound, yet: %v", m, err)
			}
		}
		if records, _, err := s.Read(context.Background(), m, 0, 0, 100, 1<<20, nil); err == nil && len(records) == 0 {
			t.Error("nothing was read, without an error")
		}
		_, _ = s.OffsetAt(context.Background(), m, m.FirstMillis+1)
	})
}

// reseal computes the checksums of the file header and of every extent's
// header and table anew.
func reseal(b []byte) {
	seal := func(at, from, to int) {
		binary.LittleEndian.PutUint32(b[at:], crc32.Checksum(b[from:to], castagnoli))
	}
	if len(b) >= pageBytes {
		seal(pageBytes-4, 0, pageBytes-4)
	}
	for p := pageBytes; p+headerBytes <= len(b); p += pageBytes {
		if string(b[p:p+8]) != extentMagic {
			continue
		}
		rows := int(binary.LittleEndian.Uint32(b[p+52:]))
		if end := p + headerBytes + rows*tableEntryBytes; end <= len(b) {
			seal(p+152, p+headerBytes, end)
		}
		seal(p+156, p, p+156)
	}
}

// content returns what is in a file.
func content(t testing.TB, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name, vfs.Buffered)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && size > 0 {
		t.Fatal(err)
	}
	return b
}

// put makes a file with that content.
func put(t testing.TB, fs vfs.FS, name string, b []byte) {
	t.Helper()
	if err := fs.MkdirAll(path.Dir(name)); err != nil {
		t.Fatal(err)
	}
	f, err := fs.Create(name, vfs.Buffered)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
