package disklog

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/storagetest"
)

// lines is a log that is written and read at the same time.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), part)
}

// TestScrub damages an extent at rest. The scrubber says so once, in its next
// round, and takes it back when the extent is given up; meanwhile readers of
// everything else notice nothing.
func TestScrub(t *testing.T) {
	fs, clock, said := vfs.NewCrash(), storagetest.NewClock(), &lines{}
	o := tiny()
	o.FS, o.Clock, o.Buffered, o.Logger = fs, clock, true, slog.New(slog.NewTextHandler(said, nil))
	o.ScrubInterval = time.Hour
	log := openTest(t, "", o)
	openShards(t, log, 2)
	for i := range uint32(6) {
		mustAppend(t, log, i%2, 10_000)
		log.settle()
	}
	mustAppend(t, log, 0, 1) // so that shard 0 begins somewhere after the trim
	metas := log.table.get(storage.ShardKey{Stream: 1}).metas()
	if len(metas) == 0 {
		t.Fatal("nothing was flushed")
	}
	m := metas[0]
	name := extent.Path(log.extentsDir(), m.Class, m.File)
	scrub := func() { // one round at least, from its beginning
		t.Helper()
		rounds := func() int { return said.count("all extents were verified") }
		before := rounds()
		eventually(t, "a round is over", func() bool {
			clock.Step(time.Minute)
			return rounds() >= before+2
		})
	}
	scrub()
	if n := log.Stats().DamagedExtents; n != 0 || said.count("level=ERROR") > 0 {
		t.Fatalf("%d damaged extents in a sound log", n)
	}
	if n := log.Stats().ScrubbedBytes; n < 40_000 {
		t.Errorf("%d bytes were verified", n)
	}
	flipAt(t, fs, name, m.Pos+m.Length-2*vfs.Alignment)
	for range 2 {
		scrub()
		if n := log.Stats().DamagedExtents; n != 1 {
			t.Errorf("%d damaged extents", n)
		}
	}
	if n := said.count("stored records are damaged"); n != 1 || said.count("shard 1/0 offsets 0-") != 1 {
		t.Errorf("said so %d times", n)
	}
	if n := count(t, log, 1); n != 3 {
		t.Errorf("the other shard log has %d records", n)
	}
	flipAt(t, fs, name, m.Pos+m.Length-2*vfs.Alignment) // as if put back from a copy
	scrub()
	if n := log.Stats().DamagedExtents; n != 0 {
		t.Errorf("%d damaged extents after they were mended", n)
	}
	flipAt(t, fs, name, m.Pos+m.Length-2*vfs.Alignment)
	scrub()
	if err := log.Trim(context.Background(), 1, clock.Millis()); err != nil {
		t.Fatal(err)
	}
	log.settle()
	mustAppend(t, log, 1, 20_000)
	mustAppend(t, log, 1, 20_000)
	log.settle()
	scrub()
	if n := log.Stats().DamagedExtents; n != 0 {
		t.Errorf("%d damaged extents after they were given up", n)
	}
}

// flipAt changes one byte on the disk, below the log.
func flipAt(t *testing.T, fs vfs.FS, name string, at int64) {
	t.Helper()
	f, err := fs.Open(name, vfs.Buffered)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	if err == nil {
		b[0] ^= 1
		_, err = f.WriteAt(b[:], at)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// pausing is a clock that shows what is asked of it.
type pausing struct {
	*storagetest.Clock
	asked chan time.Duration
}

func (p *pausing) After(d time.Duration) <-chan time.Time {
	after := p.Clock.After(d)
	p.asked <- d
	return after
}

// TestScrubPaces wants a pause after each step of a round, as long as the rate
// asks for, and an end at Close in the middle of one.
func TestScrubPaces(t *testing.T) {
	clock := &pausing{storagetest.NewClock(), make(chan time.Duration, 1000)}
	o := tiny()
	o.FS, o.Clock = vfs.NewCrash(), clock
	o.SegmentBytes, o.MemoryBytes, o.JournalBytes = 4<<20, 2<<20, 8<<20
	o.SnapshotInterval = 24 * time.Hour // which is waited for, too
	log := openTest(t, "", o)
	openShards(t, log, 1)
	for range 60 {
		mustAppend(t, log, 0, 100_000)
	}
	log.settle()
	for d := time.Duration(0); d != scrubDelay; {
		d = <-clock.asked
	}
	clock.Step(scrubDelay)
	for steps := range int64(3) {
		if d := nextPause(clock); d < time.Second || d > 1100*time.Millisecond {
			t.Errorf("a pause of %v for a step at the lowest rate", d)
		}
		if n := log.Stats().ScrubbedBytes; n < (steps+1)*scrubStep || n > (steps+1)*(scrubStep+101_000) {
			t.Errorf("pause %d after %d bytes", steps, n)
		}
		clock.Step(2 * time.Second)
	}
	nextPause(clock)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

// nextPause returns the next wait of a few seconds; those for snapshots are
// longer.
func nextPause(clock *pausing) time.Duration {
	for {
		if d := <-clock.asked; d < time.Minute {
			return d
		}
	}
}
