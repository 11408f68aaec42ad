package disklog

import (
	"context"
	"io"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// maxIdleBytes is the budget of an empty shard log: its 128 bytes, its place in
// a table that grows by a quarter, and something to spare.
const maxIdleBytes = 200

// TestIdleShardMemory holds the budgets of shard logs that nobody uses.
//
// The machine keeps nothing, its command is small and no snapshot is due, so that
// what is measured is the log's. It holds a megabyte more or less whatever the
// number of shard logs, buffers and segments to come, which is 10 bytes for each.
func TestIdleShardMemory(t *testing.T) {
	const shards, used = 100_000, 10_000
	log, err := Open("data", map[string]storage.Machine{"opener": opener{}}, Options{
		FS: vfs.NewCrash(), SegmentBytes: 8 << 20, MemoryBytes: 64 << 20, MinFreeBytes: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	before := heap()
	if _, err := log.Propose(context.Background(), "opener", []byte(strconv.Itoa(shards))); err != nil {
		t.Fatal(err)
	}
	empty := heap()
	if per := (empty - before) / shards; per > maxIdleBytes {
		t.Errorf("an empty shard log takes %d bytes, want at most %d", per, maxIdleBytes)
	}
	b := &storage.Batch{Stream: 1}
	for i := range used {
		b.Records = append(b.Records, storage.Record{Shard: uint32(i), PartitionKey: []byte("key"), Data: make([]byte, 100)})
	}
	if err := log.Append(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	if per := (heap() - empty) / used; per > 2<<10 {
		t.Errorf("a shard log with one record takes %d bytes more", per)
	}
	runtime.KeepAlive(b)
}

// opener is a machine without state that opens as many shard logs of stream 1
// as the command says.
type opener struct{}

func (opener) Apply(command []byte, e *storage.Effects) any {
	n, err := strconv.Atoi(string(command))
	if err != nil {
		panic(err)
	}
	for i := range n {
		e.Open = append(e.Open, storage.ShardKey{Stream: 1, Shard: uint32(i)})
	}
	return nil
}

func (opener) Snapshot() func(io.Writer) error { return func(io.Writer) error { return nil } }

func (opener) Restore(io.Reader) error { return nil }

// heap returns the bytes in use. What a pool keeps outlives one collection.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
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
