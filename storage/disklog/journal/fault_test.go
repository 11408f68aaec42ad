package journal

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
)

// TestEveryCallFails runs one scenario with the n-th file-system call failing,
// for every n. The error must surface, stop the journal if it came from a write
// or a sync, and cost nothing that was acknowledged.
func TestEveryCallFails(t *testing.T) {
	for _, cause := range []error{errfs.ErrInjected, vfs.ErrNoSpace} {
		for n := 0; ; n++ {
			disk := vfs.NewCrash()
			fs := errfs.Wrap(disk, errfs.FailNth(n, cause))
			o := small(fs, "d")
			o.Foreground, o.SegmentBytes = true, 48<<10
			acked, err := faultScenario(o)
			switch {
			case err != nil && !errors.Is(err, cause):
				t.Fatalf("call %d: %v", n, err)
			case err == nil && fs.Calls() > n:
				t.Fatalf("call %d failed and nobody heard of it", n)
			}
			for name, disk := range map[string]*vfs.Crash{"kill": disk.Kill()} {
				checkAcked(t, disk, n, name, acked)
				checkAcked(t, disk.PowerLoss(uint64(n)), n, "power loss", acked)
			}
			if err == nil {
				if n < 40 {
					t.Fatalf("the scenario has %d calls only", n)
				}
				break
			}
		}
	}
}

// faultScenario lives twice: commits over several segments, one release. It
// returns the frames that are to be found, and the first error.
func faultScenario(o Options) (acked []string, err error) {
	from := LSN(0)
	for life := range 2 {
		j, err := Open(o, from, func(Frame) error { return nil })
		if err != nil {
			return acked, err
		}
		o.Create = false
		acked, from, err = faultLife(j, life, acked, from)
		if closeErr := j.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return acked, err
		}
	}
	return acked, nil
}

func faultLife(j *Journal, life int, acked []string, from LSN) ([]string, LSN, error) {
	b := j.NewBuffer()
	for i := range 12 {
		b.Reset()
		b.Payload = append(b.Payload, bytes.Repeat([]byte{byte('a' + i)}, 9000+life)...)
		b.Entries = 1
		payload := string(b.Payload)
		_, _, err := j.Write(b)
		if err == nil {
			err = j.Sync()
		}
		if err != nil {
			b.Reset()
			b.Entries = 1
			if _, _, again := j.Write(b); again != err {
				return acked, from, fmt.Errorf("a stopped journal wrote: %w", again)
			}
			if again := j.Sync(); again != err {
				return acked, from, fmt.Errorf("a stopped journal synced: %w", again)
			}
			return acked, from, err
		}
		acked = append(acked, payload)
		if i == 8 {
			from = j.Segments()[0].End
			if err := j.Release(from); err != nil {
				return acked, from, err
			}
		}
	}
	return acked, from, nil
}

// checkAcked opens what a crash left and looks for the newest of the frames;
// older ones may have been released.
func checkAcked(t *testing.T, disk *vfs.Crash, n int, how string, acked []string) {
	t.Helper()
	o := small(disk, "d")
	o.Foreground = true
	// The caller of Release would have noted this in a snapshot.
	var from LSN
	if names, err := disk.List("d"); err == nil {
		from = oldest(t, o, names)
	}
	var found []string
	j, err := Open(o, from, func(f Frame) error { found = append(found, string(f.Payload)); return nil })
	if err != nil {
		t.Fatalf("call %d, %s: %v", n, how, err)
	}
	closeJournal(t, j)
	// One frame more may have been written.
	for extra := range 2 {
		if k := len(found) - extra; k >= 0 && strings.HasSuffix(strings.Join(acked, "|"), strings.Join(found[:k], "|")) &&
			(len(acked) == 0 || k > 0) {
			return
		}
	}
	t.Fatalf("call %d, %s: found %d frames, not the newest of %d", n, how, len(found), len(acked))
}

// oldest returns the lowest LSN that the segments hold.
func oldest(t *testing.T, o Options, names []string) LSN {
	t.Helper()
	c, err := readChain(&o, 1<<63)
	if err != nil {
		t.Fatal(err, names)
	}
	if len(c.segments) == 0 {
		return 0
	}
	return c.segments[0].first
}

var update = flag.Bool("update", false, "rewrite golden files")

// TestTrace compares the file-system calls of a short life with those of
// testdata/trace: a sync that gets lost shows as a line that is missing.
func TestTrace(t *testing.T) {
	var trace strings.Builder
	fs := errfs.Wrap(vfs.NewCrash())
	fs.Trace(&trace)
	say := func(what string) { fmt.Fprintf(&trace, "# %s\n", what) }
	o := small(fs, "journal")
	o.Direct, o.Foreground, o.SegmentBytes = true, true, 48<<10
	o.Now = func() time.Time { return time.UnixMilli(1700000000000) }
	say("open a new journal")
	j, _ := reopen(t, o, 0)
	say("commit")
	commit(t, j, make([]byte, 100))
	say("commit beyond the middle of the segment")
	commit(t, j, make([]byte, 25000))
	say("commit with a rotation")
	commit(t, j, make([]byte, 20000))
	say("release")
	if err := j.Release(j.Segments()[0].End); err != nil {
		t.Fatal(err)
	}
	say("commit beyond the middle, recycling")
	commit(t, j, make([]byte, 10000))
	say("two writes and a sync, with a rotation")
	put(t, j, make([]byte, 1000))
	commit(t, j, make([]byte, 15000))
	say("close")
	closeJournal(t, j)
	say("open again")
	o.Create = false
	j, _ = reopen(t, o, j.Segments()[0].First)
	say("close")
	closeJournal(t, j)

	const golden = "testdata/trace"
	if *update {
		if err := os.WriteFile(golden, []byte(trace.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if trace.String() != string(want) {
		t.Errorf("calls differ from %s (rewrite with -update):\n%s", golden, trace.String())
	}
}
