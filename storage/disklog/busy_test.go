package disklog

import (
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
)

// busyFS calls a function whenever an extent file is synced.
type busyFS struct {
	*vfs.Crash
	busy func()
}

type busyFile struct {
	vfs.File
	busy func()
}

func (b *busyFS) Create(name string, mode vfs.Mode) (vfs.File, error) {
	f, err := b.Crash.Create(name, mode)
	if err != nil || !strings.HasSuffix(name, ".x") {
		return f, err
	}
	return &busyFile{f, func() { b.busy() }}, nil
}

func (f *busyFile) Sync() error {
	f.busy()
	return f.File.Sync()
}

// TestSnapshotsUnderLoad makes the next flush due during each. Snapshots come
// all the same, or the journal would grow and a restart take ever longer.
func TestSnapshotsUnderLoad(t *testing.T) {
	o := tiny()
	fs := &busyFS{Crash: vfs.NewCrash(), busy: func() {}}
	o.FS = fs
	log := openTest(t, "", o)
	openShards(t, log, 1)
	flushes := 0
	var meanwhile Stats
	fs.busy = func() {
		if flushes++; flushes < 100 {
			mustAppend(t, log, 0, 6000)
		} else if flushes == 100 {
			meanwhile = log.Stats()
		}
	}
	mustAppend(t, log, 0, 6000)
	log.settle()
	if flushes < 100 {
		t.Fatalf("the load ended after %d flushes", flushes)
	}
	if meanwhile.Snapshots < 5 || meanwhile.JournalBytes > 4*o.JournalBytes {
		t.Errorf("while the flush never rested: %d snapshots, %d bytes of journal", meanwhile.Snapshots, meanwhile.JournalBytes)
	}
}
