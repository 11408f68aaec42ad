package disklog

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage/storagetest"
)

// trickle gives shard 0 much and the others little, which are flushed because
// they pin the journal.
func trickle(t *testing.T, log *Log, shards, rounds int) {
	t.Helper()
	for i := range rounds {
		for shard := range uint32(shards) {
			appendText(t, log, shard, fmt.Sprintf("%d of shard %d", i, shard), 50)
		}
		appendText(t, log, 0, fmt.Sprint("large ", i), 30_000)
		log.settle()
	}
}

// TestMerge flushes little of each of some shards again and again. What was
// written is read as if nothing had been merged, now and after restarts, from
// fewer extents, and within the bound of what may be written again.
func TestMerge(t *testing.T) {
	const shards, rounds = 6, 120
	o := tiny()
	o.care = noCare
	o.FS, o.Clock = vfs.NewCrash(), storagetest.NewClock()
	plain := openTest(t, "", o)
	openShards(t, plain, shards)
	trickle(t, plain, shards, rounds)
	want := contents(t, plain, shards)

	o.care = ordinaryCare
	o.FS, o.Clock = vfs.NewCrash(), storagetest.NewClock()
	log := openTest(t, "", o)
	openShards(t, log, shards)
	trickle(t, log, shards, rounds)
	mustMatch(t, "merged", contents(t, log, shards), want)
	for shard := range uint32(shards) {
		before, _ := extentsOf(plain, shard)
		after, moved := extentsOf(log, shard)
		if shard > 0 && (after > before/2 || moved == 0 || after-moved > 2*ordinaryCare.mergeCount) {
			t.Errorf("shard %d has %d extents, %d of them merged, without merging %d", shard, after, moved, before)
		}
	}
	s := log.Stats()
	if s.MovedBytes == 0 || s.MovedBytes > s.ExtentBytes*3/10 {
		t.Errorf("%d bytes were moved, and %d flushed", s.MovedBytes, s.ExtentBytes)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log = openTest(t, "", o)
	mustMatch(t, "opened again", contents(t, log, shards), want)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := Fsck("data", machines(), o)
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("fsck says %v, %v", report, err)
	}
}

// TestMergeBound lets everything be small, so that merging it all would write
// more than it may.
func TestMergeBound(t *testing.T) {
	o := tiny()
	o.FS, o.SegmentBytes = vfs.NewCrash(), 256<<10
	log := openTest(t, "", o)
	openShards(t, log, 1)
	for i := range 100 {
		appendText(t, log, 0, fmt.Sprint(i), 10_000)
		log.settle()
		if s := log.Stats(); s.MovedBytes > s.ExtentBytes*3/10 {
			t.Fatalf("%d bytes were moved, and %d flushed", s.MovedBytes, s.ExtentBytes)
		}
	}
	if log.Stats().MovedBytes == 0 {
		t.Error("nothing was merged")
	}
}

// TestMergeSteps has more extents than are moved in one step.
func TestMergeSteps(t *testing.T) {
	o := tiny()
	o.FS, o.care = vfs.NewCrash(), noCare
	log := openTest(t, "", o)
	openShards(t, log, 1)
	for i := 0; log.Stats().Extents < stepExtents+50; i++ {
		appendText(t, log, 0, fmt.Sprint(i), 5000)
		log.settle()
	}
	want := contents(t, log, 1)
	mergeNow(log)
	if all, moved := extentsOf(log, 0); all != 2 || moved != 2 {
		t.Errorf("%d extents, %d of them moved", all, moved)
	}
	mustMatch(t, "merged", contents(t, log, 1), want)
}

// TestMergeAcrossSnapshots damages the newest snapshot, which knows the merged
// extents. The one before knows those that are gone, and the journal what has
// taken their place.
func TestMergeAcrossSnapshots(t *testing.T) {
	const shards = 4
	fs := vfs.NewCrash()
	o := tiny()
	o.FS, o.care = fs, eagerCare
	log := openTest(t, "", o)
	openShards(t, log, shards)
	trickle(t, log, shards, 40)
	want := contents(t, log, shards)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List("data/meta")
	if err != nil || len(names) != 2 {
		t.Fatalf("snapshots are %v, %v", names, err)
	}
	flipAt(t, fs, "data/meta/"+max(names[0], names[1]), 100)
	segments, err := fs.List("data/journal")
	var dump strings.Builder
	for _, name := range segments {
		err = errors.Join(err, DumpJournal(fs, &dump, "data/journal/"+name))
	}
	if err != nil || !strings.Contains(dump.String(), "  replacement extent shard 1/") {
		t.Errorf("no replacement is in what the journal's dump says, %v", err)
	}
	o.care = noCare
	log = openTest(t, "", o)
	mustMatch(t, "from the older snapshot", contents(t, log, shards), want)
}
