package vfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFS is the contract that OS and Crash share.
func TestFS(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (FS, string){
		"OS":    func(t *testing.T) (FS, string) { return OS{}, filepath.ToSlash(t.TempDir()) },
		"Crash": func(t *testing.T) (FS, string) { return NewCrash(), "dir" },
	} {
		t.Run(name, func(t *testing.T) {
			fs, dir := open(t)
			if err := fs.MkdirAll(dir + "/a/b"); err != nil {
				t.Fatal(err)
			}
			for _, mode := range []Mode{Buffered, Direct} {
				testFile(t, fs, fmt.Sprintf("%s/a/file%d", dir, mode), mode)
			}
			testNames(t, fs, dir+"/a")
			testLock(t, fs, dir+"/LOCK")
			testSpace(t, fs, dir)
		})
	}
}

func testFile(t *testing.T, fs FS, name string, mode Mode) {
	f, err := fs.Create(name, mode)
	if err != nil {
		t.Fatal(err)
	}
	p := Aligned(3 * Alignment)
	for i := range p {
		p[i] = byte(i >> 8)
	}
	if _, err := f.WriteAt(p, Alignment); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if size, err := f.Size(); size != 4*Alignment || err != nil {
		t.Fatalf("size %d, %v", size, err)
	}
	got := Aligned(8 * Alignment)
	if n, err := f.ReadAt(got, Alignment); n != 3*Alignment || err != io.EOF || !bytes.Equal(got[:n], p) {
		t.Fatalf("read %d, %v", n, err)
	}
	if n, err := f.ReadAt(got[:Alignment], 0); n != Alignment || err != nil || !bytes.Equal(got[:n], make([]byte, n)) {
		t.Fatalf("read of the gap: %d, %v", n, err)
	}
	punched, err := f.Punch(Alignment, Alignment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(got[:2*Alignment], Alignment); err != nil {
		t.Fatal(err)
	}
	if punched && !bytes.Equal(got[:Alignment], make([]byte, Alignment)) || !bytes.Equal(got[Alignment:2*Alignment], p[Alignment:2*Alignment]) {
		t.Fatalf("punched %v: wrong content", punched)
	}
	// A length that is no multiple of anything, read whole.
	if err := f.Truncate(2*Alignment + 10); err != nil {
		t.Fatal(err)
	}
	if n, err := f.ReadAt(got[:2*Alignment], 2*Alignment); n != 10 || err != io.EOF {
		t.Fatalf("read over an odd end: %d, %v", n, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(got[:Alignment], 0); err == nil {
		t.Fatal("read of a closed file succeeded")
	}
	// Create empties what is there.
	if f, err = fs.Create(name, mode); err != nil {
		t.Fatal(err)
	}
	if size, err := f.Size(); size != 0 || err != nil {
		t.Fatalf("size %d, %v after Create", size, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func testNames(t *testing.T, fsys FS, dir string) {
	want := func(names ...string) {
		t.Helper()
		if got, err := fsys.List(dir); err != nil || !slices.Equal(got, names) {
			t.Fatalf("list: %q, %v, want %q", got, err, names)
		}
	}
	want("b", "file0", "file1")
	if err := fsys.Rename(dir+"/file0", dir+"/file1"); err != nil {
		t.Fatal(err)
	}
	if err := fsys.SyncDir(dir); err != nil {
		t.Fatal(err)
	}
	want("b", "file1")
	if err := fsys.Remove(dir + "/file1"); err != nil {
		t.Fatal(err)
	}
	want("b")
	if err := fsys.MkdirAll(dir + "/b"); err != nil {
		t.Fatal("again:", err)
	}
	for what, err := range map[string]error{
		"open":        second(fsys.Open(dir+"/none", Buffered)),
		"open direct": second(fsys.Open(dir+"/none", Direct)),
		"create":      second(fsys.Create(dir+"/none/x", Buffered)),
		"remove":      fsys.Remove(dir + "/none"),
		"rename":      fsys.Rename(dir+"/none", dir+"/x"),
		"list":        second(fsys.List(dir + "/none")),
		"sync":        fsys.SyncDir(dir + "/none"),
	} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s of what does not exist: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func testLock(t *testing.T, fs FS, name string) {
	l, err := fs.Lock(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Lock(name); !errors.Is(err, ErrLocked) {
		t.Fatalf("second lock: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = fs.Lock(name); err != nil {
		t.Fatal("after the unlock:", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func testSpace(t *testing.T, fs FS, dir string) {
	if free, total, err := fs.Space(dir); err != nil || free <= 0 || total < free {
		t.Fatalf("free %d of %d, %v", free, total, err)
	}
}

func TestLockNamesItsHolder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "LOCK")
	l, err := OS{}.Lock(name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	pid := fmt.Sprintf("pid %d", os.Getpid())
	if note, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(note), pid+"\n") {
		t.Errorf("%q, %v", note, err)
	}
	if _, err := (OS{}).Lock(name); err == nil || !strings.Contains(err.Error(), pid) {
		t.Errorf("%v does not name %s", err, pid)
	}
}

func TestAligned(t *testing.T) {
	check := func(p []byte, n int, alignment uintptr) {
		t.Helper()
		if len(p) != n || cap(p) != n || n > 0 && address(p)%alignment != 0 {
			t.Errorf("%d: length %d, capacity %d at %#x", n, len(p), cap(p), address(p))
		}
	}
	for _, n := range []int{0, 1, Alignment, 3*Alignment + 1} {
		check(Aligned(n), n, Alignment)
		check(AlignedLarge(n), n, Alignment)
	}
	for _, n := range []int{largePage / 2, largePage, 2*largePage + 1} {
		p := AlignedLarge(n)
		check(p, n, largePage)
		if slices.Max(p) != 0 {
			t.Errorf("%d bytes are not zero", n)
		}
	}
}
