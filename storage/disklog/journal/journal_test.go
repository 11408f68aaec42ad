package journal

import (
	"bytes"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/internal/vfs"
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
