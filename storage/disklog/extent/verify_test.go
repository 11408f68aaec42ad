package extent

import (
	"errors"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// TestVerify finds a changed byte wherever it is in an extent, and none in the
// padding behind it, of which nothing is read.
func TestVerify(t *testing.T) {
	for _, direct := range []bool{false, true} {
		fs := newFS()
		m := write(t, fs, 1, Options{BlockBytes: 1000}, makeRun(1, 5, 60, 100), makeRun(2, 0, 9, 10))[0]
		name := Path("x", Class1d, 1)
		s := open(t, fs, StoreOptions{Direct: direct})
		bytesRead := 0
		verify := func() error {
			bytesRead = 0
			return s.Verify(m, func(n int) error { bytesRead += n; return nil })
		}
		if err := verify(); err != nil {
			t.Fatalf("direct=%v: sound extent: %v", direct, err)
		}
		content := bytesRead
		head := headerBytes + tableEntryBytes*int64(content/1000)
		for at := m.Pos; at < m.Pos+head+int64(content)/2; at += 7 {
			change(t, fs, name, at)
			var corrupt *storage.CorruptError
			if err := verify(); !errors.As(err, &corrupt) || corrupt.File != name {
				t.Errorf("direct=%v, byte %d: %v", direct, at-m.Pos, err)
			}
			change(t, fs, name, at) // back
		}
		if err := verify(); err != nil {
			t.Errorf("direct=%v: put back: %v", direct, err)
		}
		if n := s.Stats().CachedBytes; n != 0 {
			t.Errorf("direct=%v: %d bytes are in the cache", direct, n)
		}
	}
}

// change flips a bit of a byte.
func change(t *testing.T, fs *vfs.Crash, name string, at int64) {
	t.Helper()
	f, err := fs.Open(name, vfs.Buffered)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	if err == nil {
		b[0] ^= 4
		_, err = f.WriteAt(b[:], at)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyGone verifies what is not there any more, and ends when it is told
// to.
func TestVerifyGone(t *testing.T) {
	fs := newFS()
	metas := write(t, fs, 1, Options{BlockBytes: 1000}, makeRun(1, 0, 60, 100), makeRun(2, 0, 60, 100))
	s := open(t, fs, StoreOptions{})
	ended := errors.New("ended")
	blocks := 0
	err := s.Verify(metas[0], func(int) error {
		if blocks++; blocks == 3 {
			return ended
		}
		return nil
	})
	if !errors.Is(err, ended) || blocks != 3 {
		t.Errorf("after %d blocks: %v", blocks, err)
	}
	pause := func(int) error { return nil }
	var corrupt *storage.CorruptError
	if err := s.Punch(metas[0]); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(metas[0], pause); !errors.As(err, &corrupt) || corrupt.Offset != metas[0].Pos {
		t.Errorf("a punched extent: %v", err)
	}
	if err := s.Verify(metas[1], pause); err != nil {
		t.Errorf("the extent beside it: %v", err)
	}
	other := metas[1]
	other.Last++
	if err := s.Verify(other, pause); !errors.As(err, &corrupt) {
		t.Errorf("another extent than the manifest has: %v", err)
	}
	if err := s.Remove(Class1d, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(metas[1], pause); !errors.As(err, &corrupt) {
		t.Errorf("a file that is missing: %v", err)
	}
}
