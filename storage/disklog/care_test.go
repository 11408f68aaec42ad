package disklog

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
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
