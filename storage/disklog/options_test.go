package disklog

import (
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/storagetest"
)

// TestClass puts extents where records of the same retention lie, also after
// the advice came back from a snapshot or the journal.
func TestClass(t *testing.T) {
	fs := vfs.NewCrash()
	o := tiny()
	o.FS = fs
	log := openTest(t, "", o)
	openShards(t, log, 1)
	retain := func(period time.Duration) {
		propose(t, log, storagetest.Command{Retain: []storage.Retain{{Stream: 1, Period: period}}})
	}
	for _, step := range []struct {
		period time.Duration
		class  extent.Class
		reopen bool
	}{
		{0, extent.Class1d, false},
		{7 * 24 * time.Hour, extent.Class7d, false},
		{8 * 24 * time.Hour, extent.Class30d, true},
		{365 * 24 * time.Hour, extent.Class365d, true},
	} {
		if step.period > 0 {
			retain(step.period)
		}
		if step.reopen {
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			log = openTest(t, "", o)
		}
		mustAppend(t, log, 0, 20_000)
		mustAppend(t, log, 0, 20_000)
		log.settle()
		files, err := extent.List(fs, "data/extents")
		if err != nil {
			t.Fatal(err)
		}
		if last := files[len(files)-1]; last.Class != step.class {
			t.Errorf("after %v the last file is %v, want class %v", step.period, last.Path, step.class)
		}
	}
	if n := count(t, log, 0); n != 8 {
		t.Errorf("%d records can be read", n)
	}
}

// TestOptionsChange opens a folder again with other sizes, in either direction.
func TestOptionsChange(t *testing.T) {
	fs := vfs.NewCrash()
	stored := 0
	for i, segment := range []int64{4 << 20, minSegmentBytes, 1 << 20, 128 << 10, 8 << 20, minSegmentBytes} {
		o := tiny()
		o.FS, o.SegmentBytes, o.Buffered = fs, segment, i%2 == 0
		if i > 2 {
			o.MemoryBytes = 16 << 20 // nothing is flushed
		}
		log := openTest(t, "", o)
		if i == 0 {
			openShards(t, log, 1)
		}
		if n := count(t, log, 0); n != stored {
			t.Fatalf("life %d: %d records, want %d", i, n, stored)
		}
		for range 12 {
			mustAppend(t, log, 0, int(segment/3))
			stored++
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
