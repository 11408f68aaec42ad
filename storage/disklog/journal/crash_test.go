package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
)

// TestCrash lets journals live and crash by seeds. LEAT_CRASH_SEEDS=n runs n
// of them instead of the default, LEAT_CRASH_SEED=s the one with seed s.
func TestCrash(t *testing.T) {
	first, count := uint64(0), uint64(500)
	if testing.Short() {
		count = 100
	}
	if n, err := strconv.ParseUint(os.Getenv("LEAT_CRASH_SEEDS"), 10, 64); err == nil {
		count = n
	}
	if s, err := strconv.ParseUint(os.Getenv("LEAT_CRASH_SEED"), 10, 64); err == nil {
		first, count = s, 1
	}
	for seed := first; seed < first+count; seed++ {
		if err := newHistory(seed).run(); err != nil {
			t.Fatalf("seed %d: %v\nreplay: LEAT_CRASH_SEED=%d go test -run '^TestCrash$' ./storage/disklog/journal", seed, err, seed)
		}
	}
}

// history is a journal's life under a seed, and what must be found of it.
type history struct {
	rnd   *rand.Rand
	disk  *vfs.Crash
	fs    *errfs.FS
	o     Options
	from  LSN     // released, so that Open need not go further back
	model []wrote // frames that may be found, oldest first, from from on
	acked int     // how many of them must be found
	lives int
	buf   *Buffer
}

// wrote is a frame that was handed to Write.
type wrote struct {
	start, end LSN // end is 0 when Write gave an error
	payload    []byte
}

func newHistory(seed uint64) *history {
	h := &history{rnd: rand.New(rand.NewPCG(seed, 1)), disk: vfs.NewCrash(), buf: newBuffer()}
	if h.rnd.IntN(2) == 0 {
		h.disk.RefuseDirect()
	}
	h.fs = errfs.Wrap(h.disk)
	h.o = Options{FS: h.fs, Dir: "d", Instance: testInstance, Create: true, MaxFrameBytes: 12 << 10, Foreground: true}
	return h
}

func (h *history) run() error {
	for range 2 + h.rnd.IntN(5) {
		if err := h.life(); err != nil {
			return fmt.Errorf("life %d: %w", h.lives, err)
		}
		h.lives++
	}
	h.fs.Inject()
	j, err := h.open()
	if err != nil {
		return fmt.Errorf("last open: %w", err)
	}
	return h.loseNewest(j)
}

// loseNewest removes the newest segment of a journal that has just been opened.
// Whatever happened before, that must not pass for a shorter journal.
func (h *history) loseNewest(j *Journal) error {
	segments := j.Segments()
	h.disk = h.disk.PowerLoss(h.rnd.Uint64())
	h.o.FS = h.disk
	_ = j.Close() // the machine is down
	if err := h.disk.Remove(segments[len(segments)-1].File); err != nil {
		return err
	}
	_, err := Check(h.o, h.from, func(Frame) error { return nil })
	if corrupt := (*storage.CorruptError)(nil); !errors.As(err, &corrupt) {
		return fmt.Errorf("the newest segment was removed, and Check says %v", err)
	}
	return nil
}

// life opens the journal, uses it, and ends it one way or the other.
func (h *history) life() error {
	h.o.Direct = h.rnd.IntN(2) == 0
	h.o.SegmentBytes = 32<<10 + h.rnd.Int64N(4)*8<<10
	h.fs.Inject()
	if h.rnd.IntN(3) > 0 {
		h.fs.Inject(h.failure(h.fs.Calls() + h.rnd.IntN(60)))
	}
	j, err := h.open()
	if err == nil {
		syncEach := h.rnd.IntN(2) == 0
		for range h.rnd.IntN(40) {
			if err = h.step(j, syncEach); err != nil {
				break
			}
		}
		if err == nil && h.rnd.IntN(3) == 0 {
			if err = j.Close(); err == nil {
				h.acked = len(h.model)
			}
		}
	}
	if err != nil && !errors.Is(err, errfs.ErrInjected) {
		return err
	}
	h.crash()
	if j != nil {
		_ = j.Close() // the machine is down
	}
	return nil
}

// failure fails from call n on. If that is a sync, the system may give up on
// what was to be synced.
func (h *history) failure(n int) errfs.Inject {
	fail, lose, disk := errfs.FailFrom(n, errfs.ErrInjected), h.rnd.IntN(2) == 0, h.disk
	return func(c errfs.Call) error {
		err := fail(c)
		if err != nil && lose && c.Index == n && c.Op == errfs.OpSync {
			disk.LoseWrites(c.Name)
		}
		return err
	}
}

func (h *history) crash() {
	if h.rnd.IntN(3) == 0 {
		h.disk = h.disk.Kill()
	} else {
		h.disk = h.disk.PowerLoss(h.rnd.Uint64())
	}
	h.fs = errfs.Wrap(h.disk)
	h.o.FS = h.fs
}

// open opens the journal and compares what it holds with the model.
func (h *history) open() (*Journal, error) {
	var got []wrote
	j, err := Open(h.o, h.from, func(f Frame) error {
		got = append(got, wrote{f.Start, f.End, bytes.Clone(f.Payload)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	h.o.Create = false
	if len(got) < h.acked || len(got) > len(h.model) {
		return nil, fmt.Errorf("found %d frames, want %d to %d", len(got), h.acked, len(h.model))
	}
	for i, g := range got {
		want := h.model[i]
		if g.start != want.start || want.end != 0 && g.end != want.end || !bytes.Equal(g.payload, want.payload) {
			return nil, fmt.Errorf("frame %d: found LSN %d-%d, %d bytes, want %d-%d, %d bytes",
				i, g.start, g.end, len(g.payload), want.start, want.end, len(want.payload))
		}
	}
	h.model, h.acked = got, len(got)
	return j, nil
}

// step does one thing that a committer does.
func (h *history) step(j *Journal, syncEach bool) error {
	switch n := h.rnd.IntN(20); {
	case n == 0 && h.acked > 0:
		drop := 1 + h.rnd.IntN(h.acked)
		h.from = h.model[drop-1].end
		h.model, h.acked = h.model[drop:], h.acked-drop
		return j.Release(h.from)
	case n < 15 || syncEach:
		b := h.buf
		b.Reset()
		size := h.rnd.IntN(300)
		if h.rnd.IntN(3) == 0 {
			size = h.rnd.IntN(12 << 10)
		}
		for range size/8 + 1 {
			b.Payload = binary.LittleEndian.AppendUint64(b.Payload, h.rnd.Uint64())
		}
		b.Payload = b.Payload[:size]
		b.Entries = 1 + h.rnd.IntN(3)
		// A failed write may turn up too, at the place it was meant for.
		h.model = append(h.model, wrote{start: j.End(), payload: bytes.Clone(b.Payload)})
		start, end, err := j.Write(b)
		if err != nil {
			return err
		}
		h.model[len(h.model)-1].start, h.model[len(h.model)-1].end = start, end
		if !syncEach {
			return nil
		}
	}
	if err := j.Sync(); err != nil {
		return err
	}
	h.acked = len(h.model)
	return nil
}
