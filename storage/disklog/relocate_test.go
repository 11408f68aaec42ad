package disklog

import (
	"fmt"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/storagetest"
)

// TestRelocate keeps one stream for longer after its records have come into
// files with those of another that is not. The files go when the other's
// records have expired, and those that are kept are found elsewhere.
func TestRelocate(t *testing.T) {
	fs, clock := vfs.NewCrash(), storagetest.NewClock()
	o := tiny()
	o.FS, o.Clock, o.ExtentFileBytes = fs, clock, 512<<10
	o.care = ordinaryCare
	o.care.mergeCount = 1 << 30
	log := openTest(t, "", o)
	openShards(t, log, 1)
	propose(t, log, storagetest.Command{Open: []storage.ShardKey{{Stream: 2}}})
	short := func() {
		t.Helper()
		for range 10 {
			err := log.Append(t.Context(), &storage.Batch{Stream: 2, Records: []storage.Record{{Data: make([]byte, 25_000)}}})
			if err != nil {
				t.Fatal(err)
			}
			log.settle()
		}
	}
	for i := range 8 {
		appendText(t, log, 0, fmt.Sprint(i), 5000)
		short()
	}
	want := contents(t, log, 1)
	files := func() map[uint64]bool { // that hold the kept stream
		found := make(map[uint64]bool)
		for _, m := range log.table.get(storage.ShardKey{Stream: 1}).metas() {
			found[m.File] = true
		}
		return found
	}
	old := files()
	propose(t, log, storagetest.Command{Retain: []storage.Retain{{Stream: 1, Period: 100 * time.Hour}}})
	clock.Step(23 * time.Hour)
	log.settle()
	if moved := log.Stats().MovedBytes; moved > 0 {
		t.Errorf("%d bytes were moved before anything has expired", moved)
	}
	clock.Step(2 * time.Hour)
	log.settle()
	if moved := log.Stats().MovedBytes; moved > 0 {
		t.Errorf("%d bytes were moved while most of the files is live", moved)
	}
	if err := log.Trim(t.Context(), 2, clock.Millis()); err != nil {
		t.Fatal(err)
	}
	log.settle()
	mustMatch(t, "moved", contents(t, log, 1), want)
	left, err := extent.List(fs, log.extentsDir())
	if err != nil {
		t.Fatal(err)
	}
	stayed := 0
	for _, file := range left {
		if old[file.Number] {
			stayed++
		}
	}
	if stayed > 1 { // the one that is still being written
		t.Errorf("%d of %d files are still there", stayed, len(old))
	}
	s := log.Stats()
	if len(old) < 4 || s.MovedBytes == 0 || s.MovedBytes > s.ExtentBytes/10 {
		t.Errorf("%d bytes from %d files were moved, of %d", s.MovedBytes, len(old), s.ExtentBytes)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log = openTest(t, "", o)
	mustMatch(t, "opened again", contents(t, log, 1), want)
}
