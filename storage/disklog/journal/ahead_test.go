package journal

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
)

// writeFrames makes a journal with frames of these lengths in one segment.
func writeFrames(t *testing.T, o Options, lengths []int) [][]byte {
	t.Helper()
	o.Create = true
	j, err := Open(o, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.NewChaCha8([32]byte{1})
	var payloads [][]byte
	for _, n := range lengths {
		p := make([]byte, n)
		_, _ = rnd.Read(p) // never fails
		commit(t, j, p)
		payloads = append(payloads, p)
	}
	closeJournal(t, j)
	return payloads
}

// TestReadAhead walks frames of all lengths that matter to the window and to
// the room in front of what is read ahead, and has reads fail one by one.
func TestReadAhead(t *testing.T) {
	lengths := []int{
		1, 4096, scanWindow - 100, scanWindow + 1, 100, 2*scanWindow + 5000,
		aheadRoom + scanWindow, 100_000, 200_000,
	}
	for _, direct := range []bool{false, true} {
		disk := vfs.NewCrash()
		o := Options{FS: disk, Dir: "j", Direct: direct, SegmentBytes: 12 << 20, MaxFrameBytes: 8 << 20}
		payloads := writeFrames(t, o, lengths)
		check := func(f Frame) error {
			if len(payloads) == 0 || !bytes.Equal(f.Payload, payloads[0]) {
				return errors.New("wrong payload")
			}
			payloads = payloads[1:]
			return nil
		}
		whole := payloads
		if _, err := Check(o, 0, check); err != nil || len(payloads) > 0 {
			t.Errorf("direct=%v: %v, %d frames missing", direct, err, len(payloads))
		}
		// A read that fails once may have been one ahead of its time, which is
		// made again; or else it is the error.
		failed, failing := 0, true
		for n := 0; failing; n += 2 {
			payloads, failing = whole, false
			reads := 0
			o.FS = errfs.Wrap(disk, func(c errfs.Call) error {
				if c.Op != errfs.OpRead {
					return nil
				}
				if reads++; reads-1 == n {
					failing = true
					return errfs.ErrInjected
				}
				return nil
			})
			_, err := Check(o, 0, check)
			if err != nil && !errors.Is(err, errfs.ErrInjected) || err == nil && len(payloads) > 0 {
				t.Errorf("direct=%v, read %d: %v, %d frames missing", direct, n, err, len(payloads))
			}
			if err != nil {
				failed++
			}
		}
		if failed == 0 {
			t.Errorf("direct=%v: no read was missed", direct)
		}
	}
}

// gatedReads reports each read on a channel.
type gatedReads struct {
	vfs.FS
	began chan int64
}

type gatedFile struct {
	vfs.File
	fs *gatedReads
}

func (g *gatedReads) Open(name string, mode vfs.Mode) (vfs.File, error) {
	f, err := g.FS.Open(name, mode)
	if err != nil {
		return nil, err
	}
	return &gatedFile{f, g}, nil
}

func (f *gatedFile) ReadAt(p []byte, at int64) (int, error) {
	f.fs.began <- at
	return f.File.ReadAt(p, at)
}

// TestReadsWhileReplaying wants the next window read while a frame is being
// replayed.
func TestReadsWhileReplaying(t *testing.T) {
	disk := vfs.NewCrash()
	o := Options{FS: disk, Dir: "j", SegmentBytes: 8 << 20, MaxFrameBytes: 1 << 20}
	writeFrames(t, o, []int{700 << 10, 700 << 10, 700 << 10, 700 << 10})
	synctest.Test(t, func(t *testing.T) {
		gate := &gatedReads{disk, make(chan int64, 1000)}
		o.FS = gate
		first := true
		_, err := Check(o, 0, func(Frame) error {
			if !first {
				return nil
			}
			first = false
			for at := int64(0); at < scanWindow; { // until it is the read of the next window
				at = <-gate.began
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestPassesOver opens from a frame on, and looks at none before it in a
// segment that has a successor.
func TestPassesOver(t *testing.T) {
	for _, direct := range []bool{false, true} {
		s := newSpecimen(t, direct, true)
		for i := range perSegment {
			from := s.frames[i].Start
			found := 0
			_, err := Check(s.o, from, func(f Frame) error {
				if !bytes.Equal(f.Payload, specimenPayload(i+found)) {
					t.Errorf("direct=%v, from %d: frame %d has the wrong payload", direct, i, found)
				}
				found++
				return nil
			})
			if err != nil || found != all-i {
				t.Errorf("direct=%v, from %d: %d frames, %v", direct, i, found, err)
			}
			s.flip(s.files[0], s.frames[i].FileOffset+1000) // not needed from now on
		}
		if got := s.open(s.frames[1].Start); got != refused {
			t.Errorf("direct=%v: a damaged frame that is needed gives %d", direct, got)
		}
	}
}
