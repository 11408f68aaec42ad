package disklog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/storagetest"
)

// noCare never moves an extent.
var noCare = care{every: time.Hour, rate: 1, mergeCount: 1 << 30}

// contents returns all records of the shard logs of stream 1.
func contents(t *testing.T, log *Log, shards int) (all []map[storage.Offset]fact) {
	t.Helper()
	for i := range shards {
		key := storage.ShardKey{Stream: 1, Shard: uint32(i)}
		b, err := log.Bounds(key)
		if err != nil {
			t.Fatal(err)
		}
		found, err := readAll(log, key, b)
		if err != nil {
			t.Fatalf("shard log %v: %v", key, err)
		}
		all = append(all, found)
	}
	return all
}

// mustMatch compares what contents has returned.
func mustMatch(t *testing.T, when string, got, want []map[storage.Offset]fact) {
	t.Helper()
	for i := range want {
		if !maps.Equal(got[i], want[i]) {
			t.Errorf("%s, shard %d has other records: %d, want %d", when, i, len(got[i]), len(want[i]))
		}
	}
}

// appendText appends a record like no other to a shard of stream 1.
func appendText(t *testing.T, log *Log, shard uint32, text string, bytes int) {
	t.Helper()
	b := storage.Batch{Stream: 1, Records: []storage.Record{
		{Shard: shard, PartitionKey: []byte("key"), Data: []byte(text + strings.Repeat("x", bytes))},
	}}
	if err := log.Append(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
}

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

// extentsOf returns the number of extents of a shard of stream 1, and how many
// of them were moved.
func extentsOf(log *Log, shard uint32) (all, moved int) {
	for _, m := range log.table.get(storage.ShardKey{Stream: 1, Shard: shard}).metas() {
		if all++; m.Moved {
			moved++
		}
	}
	return all, moved
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

// smallExtents returns a log whose first shards have many extents, all of them
// out of the cache, and that moves nothing before care says so.
func smallExtents(t *testing.T, o Options, shards int) *Log {
	t.Helper()
	o.care = noCare
	o.CacheBytes = 1
	log := openTest(t, "", o)
	openShards(t, log, shards)
	for i := range 12 {
		for shard := range uint32(shards) {
			appendText(t, log, shard, fmt.Sprintf("%d of shard %d", i, shard), 10_000)
			appendText(t, log, shard, fmt.Sprintf("%d of shard %d again", i, shard), 10_000)
		}
		log.settle()
	}
	return log
}

// mergeNow lets the flusher move extents from now on.
func mergeNow(log *Log) {
	log.settle()
	log.opts.care = eagerCare
	log.settle()
}

// heldFS calls held before the next read of an extent file when hold is set.
type heldFS struct {
	*vfs.Crash
	hold atomic.Bool
	held func()
}

type heldFile struct {
	vfs.File
	fs *heldFS
}

func (h *heldFS) Open(name string, mode vfs.Mode) (vfs.File, error) {
	f, err := h.Crash.Open(name, mode)
	if err != nil || !strings.HasSuffix(name, ".x") {
		return f, err
	}
	return &heldFile{f, h}, nil
}

func (f *heldFile) ReadAt(p []byte, off int64) (int, error) {
	if f.fs.hold.CompareAndSwap(true, false) {
		f.fs.held()
	}
	return f.File.ReadAt(p, off)
}

// TestMergeUnderReader holds a reader between the look for an extent and the
// read of it, until the extent was merged and its place punched or its file
// removed.
func TestMergeUnderReader(t *testing.T) {
	fs := &heldFS{Crash: vfs.NewCrash()}
	o := tiny()
	o.FS = fs
	log := smallExtents(t, o, 1)
	want := contents(t, log, 1)
	log.settle()
	reading, goOn := make(chan struct{}), make(chan struct{})
	fs.hold.Store(true)
	fs.held = func() {
		close(reading)
		<-goOn
	}
	key := storage.ShardKey{Stream: 1}
	found := make(chan storage.ReadResult)
	go func() {
		var res storage.ReadResult
		if err := log.Read(context.Background(), storage.ReadRequest{Key: key, MaxRecords: 5, MaxBytes: 1 << 20}, &res); err != nil {
			t.Error(err)
		}
		found <- res
	}()
	<-reading
	mergeNow(log)
	if _, moved := extentsOf(log, 0); moved == 0 {
		t.Fatal("nothing was merged")
	}
	close(goOn)
	res := <-found
	if len(res.Records) == 0 || res.Records[0].Offset != 0 {
		t.Fatalf("the reader has %d records", len(res.Records))
	}
	for _, r := range res.Records {
		if want[0][r.Offset].data != string(r.Data) {
			t.Errorf("offset %d has %.20q", r.Offset, r.Data)
		}
	}
}

// TestMergeMeanwhile trims, or deletes, while the merged extent is written: all
// of its records, some, or none.
func TestMergeMeanwhile(t *testing.T) {
	for _, what := range []string{"some", "all", "delete", "delete stream"} {
		t.Run(what, func(t *testing.T) {
			fs := &busyFS{Crash: vfs.NewCrash(), busy: func() {}}
			clock := storagetest.NewClock()
			o := tiny()
			o.FS, o.Clock = fs, clock
			log := smallExtents(t, o, 2)
			key := storage.ShardKey{Stream: 1}
			metas := log.table.get(key).metas()
			cut := metas[len(metas)/2].First
			want := contents(t, log, 2)
			once := false
			log.settle()
			fs.busy = func() {
				if once {
					return
				}
				once = true
				ticket := newTicket(ofTrim, 24)
				switch what {
				case "some":
					ticket.trims = []trim{{key, cut + 1}}
				case "all":
					ticket.trims = []trim{{key, metas[len(metas)-1].Last + 1}}
				case "delete":
					propose(t, log, storagetest.Command{Delete: []storage.ShardKey{key}})
					return
				case "delete stream":
					propose(t, log, storagetest.Command{DeleteStreams: []storage.StreamID{1}})
					return
				}
				if err := log.submit(context.Background(), ticket); err != nil {
					t.Error(err)
				}
			}
			mergeNow(log)
			check := func(when string) {
				t.Helper()
				b, err := log.Bounds(key)
				if strings.HasPrefix(what, "delete") {
					if !errors.Is(err, storage.ErrNotFound) {
						t.Errorf("%s: bounds are %v, %v", when, b, err)
					}
				} else if found, err := readAll(log, key, b); err != nil || len(found) != int(b.Next-b.First) || b.First == 0 {
					t.Errorf("%s: %d records, bounds are %+v, %v", when, len(found), b, err)
				} else {
					for offset, r := range found {
						if want[0][offset] != r {
							t.Errorf("%s: offset %d has %.20q", when, offset, r.data)
						}
					}
				}
			}
			if !once || log.Stats().MovedBytes == 0 {
				t.Fatal("nothing was merged")
			}
			check("merged")
			live := log.Stats().Extents
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			o.care = noCare
			log = openTest(t, "", o)
			check("opened again")
			if n := log.Stats().Extents; n != live {
				t.Errorf("%d extents, opened again %d", live, n)
			}
		})
	}
}

// TestMoveNoSpace has no space for what extents are to become. Nothing is lost,
// nobody refused, and the next look succeeds.
func TestMoveNoSpace(t *testing.T) {
	fs := errfs.Wrap(vfs.NewCrash())
	o := tiny()
	o.FS = fs
	log := smallExtents(t, o, 2)
	want := contents(t, log, 2)
	log.settle()
	fs.Inject(errfs.FailOp(errfs.OpWrite, ".x", vfs.ErrNoSpace))
	mergeNow(log)
	if log.Full() || log.Err() != nil {
		t.Errorf("the log is full: %v, error %v", log.Full(), log.Err())
	}
	mustMatch(t, "without space", contents(t, log, 2), want)
	fs.Inject()
	mergeNow(log)
	if _, moved := extentsOf(log, 0); moved == 0 {
		t.Error("nothing was merged when there was space")
	}
	mustMatch(t, "merged", contents(t, log, 2), want)
}

// TestMoveReserve moves nothing while the volume is as good as full.
func TestMoveReserve(t *testing.T) {
	fs := vfs.NewCrash()
	o := tiny()
	o.FS, o.MinFreeBytes = fs, 4<<20
	fs.SetTotal(20 << 20)
	log := smallExtents(t, o, 1)
	free, total, _ := fs.Space("data")
	fs.SetTotal(total - free + 5<<20)
	mergeNow(log)
	if n := log.Stats().MovedBytes; n > 0 || log.Full() {
		t.Errorf("%d bytes were moved, full: %v", n, log.Full())
	}
	fs.SetTotal(total)
	log.settle()
	if log.Stats().MovedBytes == 0 {
		t.Error("nothing was moved when there was room")
	}
}

// TestMoveDamaged moves around an extent that is damaged, which stays what it
// is.
func TestMoveDamaged(t *testing.T) {
	fs := vfs.NewCrash()
	o := tiny()
	o.FS, o.Buffered = fs, true
	log := smallExtents(t, o, 1)
	key := storage.ShardKey{Stream: 1}
	metas := log.table.get(key).metas()
	m := metas[len(metas)/2]
	flipAt(t, fs, extent.Path(log.extentsDir(), m.Class, m.File), m.Pos+1000)
	mergeNow(log) // finds it
	mergeNow(log)
	all, moved := extentsOf(log, 0)
	if all < 2 || moved == 0 || log.Err() != nil {
		t.Errorf("%d extents, %d of them moved; error %v", all, moved, log.Err())
	}
	var res storage.ReadResult
	for offset, damaged := range map[storage.Offset]bool{0: false, m.First: true, m.Last + 1: false} {
		err := log.Read(t.Context(), storage.ReadRequest{Key: key, From: offset, MaxRecords: 1, MaxBytes: 1}, &res)
		if damaged != errors.As(err, new(*storage.CorruptError)) || !damaged && err != nil {
			t.Errorf("offset %d: %v", offset, err)
		}
	}
}
