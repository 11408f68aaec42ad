package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testInstance = [16]byte{1, 2, 3}

// small returns options for a journal whose segments are quickly full.
func small(fs vfs.FS, dir string) Options {
	return Options{
		FS: fs, Dir: dir, Instance: testInstance, Create: true,
		SegmentBytes: 64 << 10, MaxFrameBytes: 32 << 10,
	}
}

// put writes one frame with this payload.
func put(t testing.TB, j *Journal, payload []byte) (start, end LSN) {
	t.Helper()
	b := j.NewBuffer()
	b.Payload = append(b.Payload, payload...)
	b.Entries = 1
	start, end, err := j.Write(b)
	if err != nil {
		t.Fatal(err)
	}
	return start, end
}

func commit(t testing.TB, j *Journal, payload []byte) (start, end LSN) {
	t.Helper()
	start, end = put(t, j, payload)
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	return start, end
}

// reopen opens the journal and returns the payloads it holds.
func reopen(t testing.TB, o Options, from LSN) (*Journal, []string) {
	t.Helper()
	var got []string
	at := from
	j, err := Open(o, from, func(f Frame) error {
		if f.Start < at || f.End <= f.Start {
			t.Errorf("frame at LSN %d-%d, and the one before ends at %d", f.Start, f.End, at)
		}
		at = f.End
		got = append(got, string(f.Payload))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return j, got
}

func closeJournal(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReopen(t *testing.T) {
	for _, direct := range []bool{false, true} {
		t.Run(fmt.Sprintf("direct=%v", direct), func(t *testing.T) {
			o := small(vfs.OS{}, t.TempDir())
			o.Direct = direct
			var want []string
			for life := range 6 {
				j, got := reopen(t, o, 0)
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("life %d: %d frames, want %d", life, len(got), len(want))
				}
				for i := range 10 {
					p := bytes.Repeat([]byte{byte('a' + i)}, 1+life*1000+i*700)
					want = append(want, string(p))
					commit(t, j, p)
				}
				closeJournal(t, j)
				o.Direct = !o.Direct // the mode may change from start to start
				o.Create = false
			}
		})
	}
}

// TestRecycling fills segments until each file has been used many times over.
// What earlier lives of a file left in it must never be found again, wherever
// the journal is cut off.
func TestRecycling(t *testing.T) {
	for _, direct := range []bool{false, true} {
		disk := vfs.NewCrash()
		o := small(disk, "d")
		o.Direct, o.Foreground = direct, true
		j, _ := reopen(t, o, 0)
		o.Create = false
		type frame struct {
			start, end LSN
			payload    string
		}
		var frames []frame
		highest := 0
		for i := range 120 {
			// The same length each time, so that old frames lie where new ones go.
			p := fmt.Sprintf("%08d%s", i, bytes.Repeat([]byte{'x'}, 5000))
			start, end := commit(t, j, []byte(p))
			frames = append(frames, frame{start, end, p})
			if n := len(j.Segments()); n > 2 {
				from := j.Segments()[n-2].First
				if err := j.Release(from); err != nil {
					t.Fatal(err)
				}
				for frames[0].start < from {
					frames = frames[1:]
				}
			}
			if i%7 != 0 {
				continue
			}
			names, err := disk.List("d")
			if err != nil {
				t.Fatal(err)
			}
			highest = max(highest, len(names))
			disk = disk.Kill()
			o.FS = disk
			_ = j.Close() // it was killed
			var got []string
			j, got = reopen(t, o, frames[0].start)
			if len(got) != len(frames) {
				t.Fatalf("direct %v, commit %d: found %d frames, want %d", direct, i, len(got), len(frames))
			}
			for k, f := range frames {
				if got[k] != f.payload {
					t.Fatalf("direct %v, commit %d: frame %d is %.8s, want %.8s", direct, i, k, got[k], f.payload)
				}
			}
		}
		closeJournal(t, j)
		if highest > 3+maxSpares {
			t.Errorf("up to %d files for three segments", highest)
		}
	}
}

// TestImitation stores the bytes of a segment in a frame: whatever they say,
// they are a payload.
func TestImitation(t *testing.T) {
	disk := vfs.NewCrash()
	o := small(disk, "d")
	o.Foreground = true
	j, _ := reopen(t, o, 0)
	o.Create = false
	for i := range 3 {
		commit(t, j, bytes.Repeat([]byte{byte(i)}, 100))
	}
	forged := readAll(t, disk, j.Segments()[0].File)[headerSize:][:2000]
	start, _ := commit(t, j, forged)
	// A frame that fits its place and promises more, by somebody who does not
	// know the incarnation.
	f := frame{lsn: start + 128, synced: start + 128, incarnation: newIncarnation(), entries: 1}
	f.payloadCRC = payloadChecksum(f.incarnation, f.lsn, nil)
	liar := make([]byte, 256)
	f.encode(liar[64:])
	commit(t, j, liar)
	torn, _ := put(t, j, liar)
	file := j.Segments()[0].File
	disk = disk.Kill()
	o.FS = disk
	_ = j.Close() // it was killed
	s := &specimen{t: t, fs: disk}
	s.flip(file, headerSize+int64(torn)+frameHeader+10) // the last frame is torn
	j, got := reopen(t, o, 0)
	closeJournal(t, j)
	if len(got) != 5 || got[3] != string(forged) || got[4] != string(liar) {
		t.Errorf("found %d frames, want 5", len(got))
	}
}

func TestOpenRefuses(t *testing.T) {
	o := small(vfs.NewCrash(), "d")
	j, _ := reopen(t, o, 0)
	start, end := commit(t, j, []byte("x"))
	closeJournal(t, j)
	ok := o
	ok.Create = false
	none := func(Frame) error { return nil }

	missing := ok
	missing.Dir = "e"
	foreign := ok
	foreign.Instance[0]++
	tight := ok
	tight.MaxFrameBytes = int(tight.SegmentBytes)
	for _, c := range []struct {
		name    string
		o       Options
		from    LSN
		corrupt bool
	}{
		{"a missing journal", missing, 0, true},
		{"another instance", foreign, 0, true},
		{"an end below what was durable", ok, end + 100000, true},
		{"segments without room for a frame", tight, 0, false},
		{"no folder", Options{}, 0, false},
	} {
		_, err := Open(c.o, c.from, none)
		if corrupt := (*storage.CorruptError)(nil); err == nil || errors.As(err, &corrupt) != c.corrupt {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	stop := errors.New("stop")
	if _, err := Open(ok, start, func(Frame) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of replay: %v", err)
	}
	j, got := reopen(t, ok, 0)
	if len(got) != 1 {
		t.Errorf("%d frames after all that", len(got))
	}
	closeJournal(t, j)
}

func TestNewerFormatIsRefused(t *testing.T) {
	s := newSpecimen(t, false, true)
	s.change(s.files[0], 0, headerSize, func(p []byte) {
		p[8] = 2
		binary.LittleEndian.PutUint32(p[headerSize-4:], crc32.Checksum(p[:headerSize-4], castagnoli))
	})
	if _, err := Open(s.o, 0, nil); err == nil || !strings.Contains(err.Error(), "journal format 2") {
		t.Error(err)
	}
}

func TestTooLarge(t *testing.T) {
	o := small(vfs.NewCrash(), "d")
	j, _ := reopen(t, o, 0)
	b := j.NewBuffer()
	b.Payload = make([]byte, o.MaxFrameBytes+1)
	b.Entries = 1
	if _, _, err := j.Write(b); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	b.Payload = b.Payload[:o.MaxFrameBytes]
	if _, _, err := j.Write(b); err != nil {
		t.Error(err)
	}
	closeJournal(t, j)
	if _, _, err := j.Write(b); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error("second Close:", err)
	}
}

// TestBuffer appends within the room, beyond it, and after Grow, and sums
// nothing, a part or all before Write: the frame is the same.
func TestBuffer(t *testing.T) {
	o := small(vfs.NewCrash(), "d")
	o.Direct = true
	o.SegmentBytes, o.MaxFrameBytes = 4<<20, 2<<20
	j, _ := reopen(t, o, 0)
	b := j.NewBuffer()
	var want []string
	for _, size := range []int{0, 1, 4032, 4033, newBufferBytes - frameHeader, newBufferBytes - frameHeader + 1, 2 << 20, 5} {
		for _, grow := range []bool{false, true} {
			b.Reset()
			if grow {
				b.Grow(size)
				before := &b.Payload[:1][0]
				b.Payload = append(b.Payload, make([]byte, size)...)
				if before != &b.Payload[:1][0] {
					t.Errorf("%d bytes moved after Grow", size)
				}
			}
			whole := bytes.Repeat([]byte{byte(size)}, size)
			for _, n := range []int{size / 3, size / 2, size} {
				more := n - len(b.Payload)
				b.Payload = whole[:n]
				switch {
				case !grow:
				case n < size:
					b.Sum()
				default:
					last := whole[size-more/2:]
					if sum := b.SumLast(len(last)); sum != crc32.Checksum(last, castagnoli) {
						t.Errorf("%d bytes: other checksum of the last %d", size, len(last))
					}
				}
			}
			b.Entries = 1
			if _, _, err := j.Write(b); err != nil {
				t.Fatal(err)
			}
			want = append(want, string(whole))
		}
	}
	closeJournal(t, j)
	o.Create = false
	j, got := reopen(t, o, 0)
	closeJournal(t, j)
	if !slices.Equal(got, want) {
		t.Error("other frames than were written")
	}
}

// TestBackground runs with the keeper's goroutine on a real file system, while
// others look on.
func TestBackground(t *testing.T) {
	o := small(vfs.OS{}, t.TempDir())
	o.Direct = true
	o.SegmentBytes = 1 << 20
	j, _ := reopen(t, o, 0)
	o.Create = false
	stop := make(chan struct{})
	var watchers sync.WaitGroup
	watchers.Go(func() {
		for last := LSN(0); ; {
			select {
			case <-stop:
				return
			default:
			}
			end := j.End()
			if end < last || len(j.Segments()) == 0 {
				t.Errorf("end went from LSN %d to %d", last, end)
			}
			last = end
		}
	})
	p := bytes.Repeat([]byte{'p'}, 30000)
	var from LSN
	for i := range 300 {
		p[0] = byte(i)
		start, _ := commit(t, j, p)
		if i == 250 {
			from = start
		}
		if i > 0 && i%60 == 0 {
			if err := j.Release(j.Segments()[len(j.Segments())-1].First); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	watchers.Wait()
	closeJournal(t, j)
	j, got := reopen(t, o, from)
	closeJournal(t, j)
	if len(got) != 50 || got[0][0] != 250 {
		t.Errorf("found %d frames", len(got))
	}
}
