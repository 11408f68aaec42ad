package journal

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// inspect returns what Inspect reports, a word for each visit.
func inspect(t *testing.T, fs vfs.FS, file string) (words []string) {
	t.Helper()
	err := Inspect(fs, file, func(f Frame, problem error) bool {
		corrupt := (*storage.CorruptError)(nil)
		switch {
		case errors.As(problem, &corrupt):
			words = append(words, fmt.Sprintf("damage@%d", corrupt.Offset))
		case errors.Is(problem, ErrTorn):
			words = append(words, "torn")
		case errors.Is(problem, ErrNotBegun):
			words = append(words, "not begun")
		case problem != nil:
			words = append(words, problem.Error())
		case f.Entries == 0 && f.Flags&FlagLast != 0:
			words = append(words, "last")
		case f.Entries == 0:
			words = append(words, "promise")
		default:
			words = append(words, "frame")
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func TestInspect(t *testing.T) {
	const whole = "[frame frame frame frame frame frame last]"
	for _, c := range []struct {
		name   string
		file   int
		closed bool
		damage func(s *specimen)
		want   string
	}{
		{"a full segment", 0, true, func(s *specimen) {}, whole},
		{"the newest, closed", 1, true, func(s *specimen) {}, "[frame frame frame promise]"},
		{"the newest, killed", 1, false, func(s *specimen) {}, "[frame frame frame]"},
		{"a damaged frame", 0, true, func(s *specimen) { s.flip(s.files[0], s.frames[2].FileOffset+100) },
			"[frame frame damage@20232 frame frame frame last]"},
		{"two damaged frames", 0, true, func(s *specimen) {
			s.flip(s.files[0], s.frames[1].FileOffset+8)
			s.flip(s.files[0], s.frames[4].FileOffset+100)
		}, "[frame damage@12160 frame frame damage@36376 frame last]"},
		{"a torn frame", 1, false, func(s *specimen) { s.flip(s.files[1], s.frames[all-1].FileOffset+100) }, "[frame frame torn]"},
		{"a damaged header", 0, true, func(s *specimen) { s.flip(s.files[0], 20) }, "[damage@0]"},
		{"a blank file", 0, true, func(s *specimen) { s.zero(s.files[0], 0, headerSize) }, "[not begun]"},
		{"an empty file", 0, true, func(s *specimen) { s.truncate(s.files[0], 0) }, "[not begun]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSpecimen(t, false, c.closed)
			c.damage(s)
			if got := fmt.Sprint(inspect(t, s.fs, s.files[c.file])); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	s := newSpecimen(t, true, true)
	visits := 0
	if err := Inspect(s.fs, s.files[0], func(Frame, error) bool { visits++; return visits < 2 }); err != nil || visits != 2 {
		t.Errorf("%d visits, %v, although the second said stop", visits, err)
	}
	if err := Inspect(s.fs, "none", func(Frame, error) bool { return true }); err == nil {
		t.Error("no error without a file")
	}
}

// FuzzInspect feeds arbitrary bytes, and real segments with arbitrary changes.
// Inspect must return without a panic, and every frame it reports must be
// whole and in the file, in order.
func FuzzInspect(f *testing.F) {
	segment := fuzzSegment(f)
	f.Add([]byte{}, uint32(0), false)
	f.Add(segment[:headerSize+200], uint32(0), false)
	f.Add([]byte{1}, uint32(8), true)
	f.Add(segment[headerSize:headerSize+frameHeader], uint32(headerSize+256), true)
	f.Add([]byte{0xff, 0xff, 0xff, 0x7f}, uint32(headerSize+32), true)
	f.Fuzz(func(t *testing.T, content []byte, at uint32, patch bool) {
		if patch {
			patched := bytes.Clone(segment)
			copy(patched[int(at)%len(patched):], content)
			content = patched
		}
		disk := vfs.NewCrash()
		write(t, disk, [][]byte{content}, []string{"file"})
		end := int64(headerSize)
		err := Inspect(disk, "file", func(f Frame, problem error) bool {
			if problem != nil {
				return true
			}
			if f.FileOffset < end || f.FileOffset+int64(f.End-f.Start) > int64(len(content)) ||
				!bytes.Equal(f.Payload, content[f.FileOffset+frameHeader:][:len(f.Payload)]) {
				t.Errorf("frame at byte %d, LSN %d-%d, after one that ended at byte %d", f.FileOffset, f.Start, f.End, end)
			}
			end = f.FileOffset + int64(f.End-f.Start)
			return true
		})
		if err != nil && !bytes.HasPrefix(content, segmentMagic[:]) {
			t.Errorf("an error other than a newer format: %v", err)
		}
	})
}

func fuzzSegment(f *testing.F) []byte {
	disk := vfs.NewCrash()
	o := small(disk, "d")
	o.Foreground, o.MaxFrameBytes, o.SegmentBytes = true, 1000, 24<<10
	j, _ := reopen(f, o, 0)
	for i := range 5 {
		commit(f, j, bytes.Repeat([]byte{byte(i)}, i*50))
	}
	closeJournal(f, j)
	return readAll(f, disk, j.Segments()[0].File)
}
