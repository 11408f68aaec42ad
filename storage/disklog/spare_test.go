package disklog

import (
	"bytes"
	"context"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// TestEvictReusesUnread forgets two chunks, one of which was looked at.
func TestEvictReusesUnread(t *testing.T) {
	c := &committer{Log: &Log{}, spares: spares{limit: 1 << 20}}
	s := &shard{}
	var bufs [2][]byte
	for i := range bufs {
		chunk := newChunk(minSpareBytes, &spares{})
		chunk.first = storage.Offset(i)
		chunk.part.Append([]byte{1}, 0, 1)
		chunk.show()
		bufs[i] = chunk.shown.bytes
		s.tail.chunks = append(s.tail.chunks, chunk)
		s.tail.flushed++
		c.cached.push(s, chunk)
		c.stats.cachedBytes.Add(chunk.memory())
	}
	if v := s.locateLocked(0, 0).view; &v.buf[0] != &bufs[0][0] {
		t.Fatal("the first chunk was not found")
	}
	c.evict()
	got := c.spares.take(minSpareBytes)[:1]
	if &got[0] != &bufs[1][0] {
		t.Error("memory that nobody looked at was not reused")
	}
	if got := c.spares.take(minSpareBytes)[:1]; &got[0] == &bufs[0][0] {
		t.Error("memory was reused that somebody may look at")
	}
	if c.spares.bytes != 0 {
		t.Errorf("%d bytes are spare", c.spares.bytes)
	}
}

// TestSparesAreBounded gives more memory back than may be kept.
func TestSparesAreBounded(t *testing.T) {
	s := spares{limit: 3 * minSpareBytes}
	for _, size := range []int{minSpareBytes, minSpareBytes, minSpareBytes - 1, 3 * minSpareBytes, 2 * minSpareBytes, 2 * maxChunkBytes} {
		s.put(make([]byte, 0, size))
	}
	if len(s.free[0]) != 2 || len(s.free[1]) != 0 || s.bytes != 2*minSpareBytes {
		t.Errorf("kept %d and %d, %d bytes", len(s.free[0]), len(s.free[1]), s.bytes)
	}
}

// TestViewsOutliveChunks holds records of chunks that were forgotten long ago,
// while others of their time are overwritten.
func TestViewsOutliveChunks(t *testing.T) {
	o := tiny()
	o.FS, o.SegmentBytes, o.MemoryBytes, o.JournalBytes = vfs.NewCrash(), 1<<20, 4<<20, 4<<20
	log := openTest(t, "", o)
	openShards(t, log, 1)
	var held []storage.Record
	for i := range 2500 {
		r := storage.Record{PartitionKey: []byte("key"), Data: bytes.Repeat([]byte{byte(i % 251)}, 10_000)}
		if err := log.Append(context.Background(), &storage.Batch{Stream: 1, Records: []storage.Record{r}}); err != nil {
			t.Fatal(err)
		}
		if i%200 != 0 {
			continue
		}
		var res storage.ReadResult
		req := storage.ReadRequest{Key: storage.ShardKey{Stream: 1}, From: storage.Offset(i), MaxRecords: 1, MaxBytes: 1 << 20}
		if err := log.Read(context.Background(), req, &res); err != nil {
			t.Fatal(err)
		}
		held = append(held, res.Records...)
	}
	if len(held) != 13 {
		t.Fatalf("read %d records", len(held))
	}
	for _, r := range held {
		if want := bytes.Repeat([]byte{byte(r.Offset % 251)}, 10_000); !bytes.Equal(r.Data, want) {
			t.Errorf("record %d has changed", r.Offset)
		}
	}
}
