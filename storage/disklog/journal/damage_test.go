package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// specimen is a journal of two segments to be damaged: six frames in the
// first, which is full, and three in the second.
type specimen struct {
	t      *testing.T
	o      Options
	fs     *vfs.Crash
	frames []Frame // without payloads
	own    []Frame // the journal's own, in order
	files  []string
}

const perSegment = 6

// newSpecimen makes one, closed properly or killed.
func newSpecimen(t *testing.T, direct, closed bool) *specimen {
	t.Helper()
	s := &specimen{t: t, fs: vfs.NewCrash()}
	s.o = small(s.fs, "d")
	s.o.Direct, s.o.Foreground = direct, true
	s.o.SegmentBytes, s.o.MaxFrameBytes = 60<<10, 10<<10
	j, err := Open(s.o, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range perSegment + 3 {
		commit(t, j, specimenPayload(i))
	}
	if closed {
		closeJournal(t, j)
	} else {
		s.fs = s.fs.Kill()
		s.o.FS = s.fs
		_ = j.Close() // it was killed
	}
	s.o.Create = false
	for _, number := range []uint64{1, 2} {
		name := s.o.path(number)
		s.files = append(s.files, name)
		err := Inspect(s.fs, name, func(f Frame, problem error) bool {
			if problem != nil {
				t.Fatal(problem)
			}
			f.Payload = nil
			if f.Entries == 0 {
				s.own = append(s.own, f)
			} else {
				s.frames = append(s.frames, f)
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(s.frames) != perSegment+3 || s.frames[perSegment-1].File != s.files[0] || s.frames[perSegment].File != s.files[1] {
		t.Fatalf("specimen has %d frames", len(s.frames))
	}
	return s
}

func specimenPayload(i int) []byte { return bytes.Repeat([]byte{byte(i + 1)}, 8000+i) }

// flip changes one bit.
func (s *specimen) flip(name string, offset int64) {
	s.change(name, offset, 1, func(p []byte) { p[0] ^= 0x10 })
}

func (s *specimen) zero(name string, offset, n int64) {
	s.change(name, offset, n, func(p []byte) { clear(p) })
}

func (s *specimen) change(name string, offset, n int64, edit func(p []byte)) {
	s.t.Helper()
	f, err := s.fs.Open(name, vfs.Buffered)
	if err != nil {
		s.t.Fatal(err)
	}
	p := make([]byte, n)
	if _, err := f.ReadAt(p, offset); err != nil {
		s.t.Fatal(err)
	}
	edit(p)
	if _, err := f.WriteAt(p, offset); err != nil {
		s.t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *specimen) truncate(name string, size int64) {
	s.t.Helper()
	f, err := s.fs.Open(name, vfs.Buffered)
	if err == nil {
		err = errors.Join(f.Truncate(size), f.Sync(), f.Close())
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *specimen) remove(names ...string) {
	s.t.Helper()
	for _, name := range names {
		if err := s.fs.Remove(name); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *specimen) copy(from, to string) {
	s.t.Helper()
	content := readAll(s.t, s.fs, from)
	f, err := s.fs.Create(to, vfs.Buffered)
	if err == nil {
		_, err = f.WriteAt(content, 0)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func readAll(t testing.TB, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name, vfs.Buffered)
	if err != nil {
		t.Fatal(err)
	}
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	content := make([]byte, size)
	if _, err := f.ReadAt(content, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return content
}

// open opens the journal and returns how many frames it found, in order and
// undamaged; -1 when it refused because of damage.
func (s *specimen) open(from LSN) int {
	s.t.Helper()
	n := 0
	visit := func(f Frame) error {
		i := n
		for from > 0 && s.frames[i].Start < from {
			i++
		}
		if !bytes.Equal(f.Payload, specimenPayload(i)) {
			s.t.Fatalf("frame %d at LSN %d has the wrong payload", n, f.Start)
		}
		if from == 0 {
			n++
		}
		return nil
	}
	_, checkErr := Check(s.o, from, visit)
	n = 0
	j, err := Open(s.o, from, visit)
	if (err == nil) != (checkErr == nil) {
		s.t.Fatalf("Open says %v, Check says %v", err, checkErr)
	}
	if err == nil {
		closeJournal(s.t, j)
		return n
	}
	if corrupt := (*storage.CorruptError)(nil); !errors.As(err, &corrupt) {
		s.t.Fatalf("not a *storage.CorruptError: %v", err)
	}
	return -1
}

const (
	refused = -1
	all     = perSegment + 3
	allBut1 = all - 1
)

func TestDamage(t *testing.T) {
	const killed, closed = false, true
	last := func(s *specimen) Frame { return s.frames[all-1] }
	for _, c := range []struct {
		name   string
		closed bool
		damage func(s *specimen)
		want   int
	}{
		{"nothing, killed", killed, func(s *specimen) {}, all},
		{"nothing, closed", closed, func(s *specimen) {}, all},

		{"full segment removed", closed, func(s *specimen) { s.remove(s.files[0]) }, refused},
		{"newest segment removed", closed, func(s *specimen) { s.remove(s.files[1]) }, refused},
		{"all segments removed", closed, func(s *specimen) { s.remove(s.files...) }, refused},
		{"names exchanged", closed, func(s *specimen) {
			s.copy(s.files[0], "tmp")
			s.copy(s.files[1], s.files[0])
			s.copy("tmp", s.files[1])
		}, refused},
		{"copy under a new name", closed, func(s *specimen) { s.copy(s.files[0], s.o.path(3)) }, refused},

		{"full segment cut in its header", closed, func(s *specimen) { s.truncate(s.files[0], 100) }, refused},
		{"full segment cut behind its header", closed, func(s *specimen) { s.truncate(s.files[0], headerSize) }, refused},
		{"full segment emptied", closed, func(s *specimen) { s.truncate(s.files[0], 0) }, refused},
		{"full segment cut in a frame", closed, func(s *specimen) { s.truncate(s.files[0], s.frames[2].FileOffset+100) }, refused},
		{"full segment cut behind its frames", closed, func(s *specimen) { s.truncate(s.files[0], s.own[0].FileOffset) }, refused},
		{"newest segment emptied", closed, func(s *specimen) { s.truncate(s.files[1], 0) }, refused},
		{"newest segment cut in its header", killed, func(s *specimen) { s.truncate(s.files[1], 100) }, refused},
		{"newest segment cut in a frame", killed, func(s *specimen) { s.truncate(s.files[1], last(s).FileOffset+100) }, refused},
		{"newest segment cut between frames", killed, func(s *specimen) { s.truncate(s.files[1], last(s).FileOffset) }, refused},
		{"newest segment cut behind its frames", killed, func(s *specimen) { s.truncate(s.files[1], last(s).FileOffset+8192) }, refused},

		{"header of the full segment zeroed", closed, func(s *specimen) { s.zero(s.files[0], 0, headerSize) }, refused},
		{"header of the newest segment zeroed", closed, func(s *specimen) { s.zero(s.files[1], 0, headerSize) }, refused},
		{"header of the newest segment torn", closed, func(s *specimen) { s.zero(s.files[1], 0, 512) }, refused},

		{"payload in the full segment", closed, func(s *specimen) { s.flip(s.files[0], s.frames[2].FileOffset+1000) }, refused},
		{"payload of the last frame of the full segment", closed, func(s *specimen) { s.flip(s.files[0], s.frames[perSegment-1].FileOffset+1000) }, refused},
		{"frame in the full segment zeroed", closed, func(s *specimen) { s.zero(s.files[0], s.frames[2].FileOffset, 8000) }, refused},
		{"rest of the full segment zeroed", closed, func(s *specimen) {
			s.zero(s.files[0], s.frames[3].FileOffset, s.o.SegmentBytes-s.frames[3].FileOffset)
		}, refused},
		{"end of the full segment", closed, func(s *specimen) { s.flip(s.files[0], s.own[0].FileOffset) }, all},
		{"end of the full segment zeroed", killed, func(s *specimen) { s.zero(s.files[0], s.own[0].FileOffset, 64) }, all},

		{"payload of the first frame of the newest segment", killed, func(s *specimen) { s.flip(s.files[1], s.frames[perSegment].FileOffset+1000) }, refused},
		{"frames of the newest segment zeroed but the last", killed, func(s *specimen) {
			from := s.frames[perSegment].FileOffset
			s.zero(s.files[1], from, last(s).FileOffset-from)
		}, refused},
		{"payload of the last frame, killed", killed, func(s *specimen) { s.flip(s.files[1], last(s).FileOffset+1000) }, allBut1},
		{"sector of the last frame zeroed, killed", killed, func(s *specimen) { s.zero(s.files[1], last(s).FileOffset+4096, 512) }, allBut1},
		{"last frame zeroed, killed", killed, func(s *specimen) { s.zero(s.files[1], last(s).FileOffset, 8064) }, allBut1},
		{"payload of the last frame, closed", closed, func(s *specimen) { s.flip(s.files[1], last(s).FileOffset+1000) }, refused},
		{"last frame zeroed, closed", closed, func(s *specimen) { s.zero(s.files[1], last(s).FileOffset, 8064) }, refused},
		{"promise of Close", closed, func(s *specimen) { s.flip(s.files[1], s.own[1].FileOffset+20) }, all},
	} {
		for _, direct := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/direct=%v", c.name, direct), func(t *testing.T) {
				s := newSpecimen(t, direct, c.closed)
				c.damage(s)
				if got := s.open(0); got != c.want {
					t.Errorf("found %d frames, want %d (%d = refused)", got, c.want, refused)
				}
			})
		}
	}
}

// TestEveryFlippedBit flips a bit in each field of each structure, and at
// places in between. It may cost the last frame of a killed journal at most.
func TestEveryFlippedBit(t *testing.T) {
	fresh := newSpecimen(t, false, false)
	var pristine [][]byte
	for _, name := range fresh.files {
		pristine = append(pristine, readAll(t, fresh.fs, name))
	}
	places := map[string]map[int64]bool{fresh.files[0]: {}, fresh.files[1]: {}}
	for _, name := range fresh.files {
		for offset := int64(0); offset < 104; offset++ {
			places[name][offset] = true
		}
		for offset := int64(headerSize - 4); offset < headerSize; offset++ {
			places[name][offset] = true
		}
		for offset := int64(1000); offset < 40000; offset += 1997 {
			places[name][offset] = true
		}
	}
	for _, f := range append(fresh.frames, fresh.own...) {
		for i := range int64(frameHeader) {
			places[f.File][f.FileOffset+i] = true
		}
	}
	lastFrame := fresh.frames[all-1].FileOffset
	endFrame := fresh.own[0].FileOffset
	for i, name := range fresh.files {
		for offset := range places[name] {
			s := *fresh
			s.fs = vfs.NewCrash()
			s.o.FS = s.fs
			write(t, s.fs, pristine, s.files)
			s.flip(name, offset)
			got := s.open(0)
			lost := i == 1 && offset >= lastFrame
			harmless := i == 0 && offset >= endFrame || i == 1 && offset >= lastFrame+frameHeader+8000
			if got != refused && !(lost && got == allBut1) && !(harmless && got == all) {
				t.Fatalf("bit flipped at byte %d of %s: found %d frames", offset, name, got)
			}
		}
	}
}

func write(t *testing.T, fs *vfs.Crash, contents [][]byte, names []string) {
	t.Helper()
	for i, name := range names {
		if err := fs.MkdirAll(path.Dir(name)); err != nil {
			t.Fatal(err)
		}
		f, err := fs.Create(name, vfs.Buffered)
		if err == nil {
			_, err = f.WriteAt(contents[i], 0)
			err = errors.Join(err, f.Sync(), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
