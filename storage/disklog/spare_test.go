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

// TestSparesAreBounded gives more memory back than may be kept. What is given
// back last stays.
func TestSparesAreBounded(t *testing.T) {
	s := spares{limit: 3 * minSpareBytes}
	for _, c := range []struct{ size, small, large int }{
		{minSpareBytes, 1, 0},
		{minSpareBytes, 2, 0},
		{minSpareBytes - 1, 2, 0},
		{3 * minSpareBytes, 2, 0},
		{2 * maxChunkBytes, 2, 0},
		{2 * minSpareBytes, 1, 1},
		{2 * minSpareBytes, 0, 1},
		{minSpareBytes, 1, 1},
		{4 * minSpareBytes, 1, 1},
	} {
		s.put(make([]byte, 0, c.size))
		kept := int64(c.small+2*c.large) * minSpareBytes
		if len(s.free[0]) != c.small || len(s.free[1]) != c.large || s.bytes != kept {
			t.Errorf("after %d bytes: kept %d and %d, %d bytes", c.size, len(s.free[0]), len(s.free[1]), s.bytes)
		}
	}
}

// TestSparesFit takes memory that is larger than asked for, though not by much.
func TestSparesFit(t *testing.T) {
	for size, want := range map[int]int{
		minSpareBytes: minSpareBytes, 2 * minSpareBytes: 2 * minSpareBytes, 4 * minSpareBytes: minSpareBytes,
		8 * minSpareBytes: minSpareBytes, minSpareBytes / 2: minSpareBytes,
	} {
		s := spares{limit: 1 << 20}
		s.put(make([]byte, 0, size))
		if got := s.take(minSpareBytes); len(got) != 0 || cap(got) != want {
			t.Errorf("of %d bytes: got %d of %d, want %d", size, len(got), cap(got), want)
		}
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
