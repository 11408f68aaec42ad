package memlog_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
	"github.com/leat-io/leat/storage/storagetest"
)

func open(t *testing.T, o memlog.Options) *memlog.Log {
	t.Helper()
	log := memlog.Open(map[string]storage.Machine{"catalog": &storagetest.Catalog{}}, o)
	t.Cleanup(func() { log.Close() })
	return log
}

func propose(t *testing.T, log *memlog.Log, c storagetest.Command) {
	t.Helper()
	if _, err := log.Propose(context.Background(), "catalog", c.Encode()); err != nil {
		t.Fatal(err)
	}
}

// TestFull fills a log in steps, and makes room by each of the ways there are.
func TestFull(t *testing.T) {
	const maxBytes = 100_000
	clk := storagetest.NewClock()
	log := open(t, memlog.Options{MaxBytes: maxBytes, Clock: clk})
	ctx := context.Background()
	data := []byte(strings.Repeat("x", 1000))
	fill := func(id storage.StreamID) (n int) {
		t.Helper()
		propose(t, log, storagetest.Command{Open: []storage.ShardKey{{Stream: id}, {Stream: id, Shard: 1}}})
		for {
			err := log.Append(ctx, &storage.Batch{Stream: id, Records: []storage.Record{{Data: data}, {Shard: 1, Data: data}}})
			if errors.Is(err, storage.ErrFull) {
				return n
			}
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	room := map[string]func(id storage.StreamID){
		"delete the stream": func(id storage.StreamID) {
			propose(t, log, storagetest.Command{DeleteStreams: []storage.StreamID{id}})
		},
		"delete the shard logs": func(id storage.StreamID) {
			propose(t, log, storagetest.Command{Delete: []storage.ShardKey{{Stream: id}, {Stream: id, Shard: 1}}})
		},
		"trim": func(id storage.StreamID) {
			if err := log.Trim(ctx, id, clk.Millis()+1); err != nil {
				t.Fatal(err)
			}
		},
	}
	id := storage.StreamID(0)
	for how, make := range room {
		for range 3 {
			id++
			if n := fill(id); n < maxBytes/2100 || n > maxBytes/2000 {
				t.Fatalf("%d batches of 2 kB fit into %d bytes, after room was made by: %s", n, maxBytes, how)
			}
			b, err := log.Bounds(storage.ShardKey{Stream: id, Shard: 1})
			if first, _ := log.Bounds(storage.ShardKey{Stream: id}); err != nil || b != first {
				t.Fatalf("a refused batch was stored in part: %+v and %+v", first, b)
			}
			make(id)
		}
	}
}

// TestIdleShardMemory holds an idle shard log to its 200 bytes.
func TestIdleShardMemory(t *testing.T) {
	const n = 20_000
	log := memlog.Open(map[string]storage.Machine{"opener": opener{}}, memlog.Options{})
	defer log.Close()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	if _, err := log.Propose(context.Background(), "opener", make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	per := (int64(heap()) - int64(before)) / n
	t.Logf("%d bytes per idle shard log", per)
	if per > 200 {
		t.Errorf("an idle shard log takes %d bytes, want at most 200", per)
	}
}

// opener is a machine without state of its own that opens as many shard logs
// as the command has bytes.
type opener struct{ storage.Machine }

func (opener) Apply(command []byte, e *storage.Effects) any {
	for i := range command {
		e.Open = append(e.Open, storage.ShardKey{Stream: 1, Shard: uint32(i)})
	}
	return nil
}
