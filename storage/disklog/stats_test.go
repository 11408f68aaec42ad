package disklog

import (
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage/storagetest"
)

// TestStats puts records into extents and compares the figures with what is
// there, also after the log was opened again.
func TestStats(t *testing.T) {
	fs, clock := vfs.NewCrash(), storagetest.NewClock()
	o := tiny()
	o.FS, o.Clock, o.MemoryBytes = fs, clock, 64<<10
	log := openTest(t, "", o)
	openShards(t, log, 1)
	for range 100 {
		mustAppend(t, log, 0, 10_000)
	}
	log.settle()
	s := log.Stats()
	if s.CommitTimes.Count() < 101 || s.SyncTimes.Count() < 101 || s.SyncTimes.Sum > s.CommitTimes.Sum || s.CommitBytes < 1_000_000 {
		t.Errorf("after 101 commits: %+v", s)
	}
	if s.Extents == 0 || s.ExtentBytes < 500_000 || s.Segments == 0 || s.JournalBytes == 0 {
		t.Errorf("after a flush: %+v", s)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log = openTest(t, "", o)
	if again := log.Stats(); again.Extents < s.Extents || again.CommitTimes.Count() > 1 {
		t.Errorf("opened again: %d extents and %d commits, before %d", again.Extents, again.CommitTimes.Count(), s.Extents)
	}
}
