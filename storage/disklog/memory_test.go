package disklog

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// TestIdleShardMemory holds the budgets of shard logs that nobody uses.
func TestIdleShardMemory(t *testing.T) {
	const shards = 10_000
	o := tiny()
	o.FS, o.SegmentBytes, o.MemoryBytes = vfs.NewCrash(), 8<<20, 64<<20
	log := openTest(t, "", o)
	before := heap()
	openShards(t, log, shards)
	empty := heap()
	if per := (empty - before) / shards; per > 400 { // half of it the test catalog's, and tables that grow by doubling
		t.Errorf("an empty shard log takes %d bytes", per)
	}
	b := &storage.Batch{Stream: 1}
	for i := range shards {
		b.Records = append(b.Records, storage.Record{Shard: uint32(i), PartitionKey: []byte("key"), Data: make([]byte, 100)})
	}
	if err := log.Append(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	if per := (heap() - empty) / shards; per > 2<<10 {
		t.Errorf("a shard log with one record takes %d bytes", per)
	}
	runtime.KeepAlive(b)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryBound appends far more than fits and looks at what is kept.
func TestMemoryBound(t *testing.T) {
	o := tiny()
	o.FS, o.SegmentBytes, o.MemoryBytes, o.JournalBytes = vfs.NewCrash(), 1<<20, 1<<20, 4<<20
	log := openTest(t, "", o)
	openShards(t, log, 16)
	var group sync.WaitGroup
	for w := range 4 {
		group.Go(func() {
			for i := range 1000 {
				if err := appendOne(log, uint32(w*4+i%4), 5000); err != nil {
					t.Error(err)
					return
				}
				// What is queued when the bound is reached is still stored.
				if s := log.Stats(); s.UnflushedBytes+s.CachedBytes > o.MemoryBytes+4*64<<10 {
					t.Errorf("unflushed %d, cached %d", s.UnflushedBytes, s.CachedBytes)
					return
				}
			}
		})
	}
	group.Wait()
	for shard := range uint32(16) {
		if n := count(t, log, shard); n != 250 {
			t.Errorf("shard %d has %d records", shard, n)
		}
	}
	s := log.Stats()
	if s.JournalBytes > 2*o.JournalBytes {
		t.Errorf("the journal has %d bytes in %d segments", s.JournalBytes, s.Segments)
	}
	if s.ExtentBytes == 0 || s.Snapshots == 0 {
		t.Errorf("nothing was flushed: %+v", s)
	}
}
