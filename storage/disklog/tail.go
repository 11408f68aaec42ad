package disklog

import (
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

const (
	// minChunkBytes is the first chunk of a shard, so that one that is nearly
	// idle takes little; each further chunk is twice as large, up to
	// maxChunkBytes. A larger record gets a chunk of its own.
	minChunkBytes = 512
	maxChunkBytes = 1 << 20
)

// chunk is a run of consecutive records in their byte form.
//
// The committer adds records to part before they are durable, and shows them
// once they are. So part belongs to the committer until the chunk is sealed, and
// never changes afterwards, while everybody may look at shown under the shard's
// mu. The bytes that are shown never change, so that whoever has copied the
// slice header may read it without a lock; it is theirs for as long as they hold
// it, see spares.
type chunk struct {
	room   int  // bytes that the chunk takes
	sealed bool // nothing more is added; the committer's
	viewed bool // somebody may hold a part of the bytes; guarded by mu
	part   extent.Part
	first  storage.Offset // of the first record
	lsn    journal.LSN    // start of the frame that holds the first record
	shown  shown          // guarded by mu
}

// shown is what can be read of a chunk. The zero value is nothing.
type shown struct {
	bytes      []byte
	records    uint64
	lastMillis int64 // arrival of the last record
	marks      []extent.Mark
}

// newChunk returns an empty chunk with room for n bytes or more, from m.
func newChunk(n int, m *spares) *chunk {
	buf := m.take(n)
	return &chunk{room: cap(buf), part: extent.Part{Bytes: buf}}
}

// show makes everything readable that was added.
func (c *chunk) show() {
	p := &c.part
	c.shown = shown{p.Bytes, p.Records, p.LastMillis, p.Marks}
}

// hidden returns how many records were added and are not shown.
func (c *chunk) hidden() uint64 { return c.part.Records - c.shown.records }

// takes reports whether n more bytes may be added.
func (c *chunk) takes(n int) bool { return !c.sealed && n <= c.room-len(c.part.Bytes) }

// end returns the offset after the last record.
func (c *chunk) end() storage.Offset { return c.first + storage.Offset(c.shown.records) }

// memory returns the bytes that the chunk takes.
func (c *chunk) memory() int64 { return int64(c.room) }

// drop lets go of the bytes.
func (c *chunk) drop() { c.shown, c.part = shown{}, extent.Part{} }

// dropped reports whether drop was called.
func (c *chunk) dropped() bool { return c.part.Bytes == nil }

// tail is the part of a shard log that is in memory: consecutive chunks up to
// the shard's tip. Guarded by the shard's mu.
type tail struct {
	chunks []*chunk
	// flushed is how many of the first chunks are in extents, and stay only
	// as a cache.
	flushed int
}

// newest returns the last chunk, nil when there is none.
func (t *tail) newest() *chunk {
	if len(t.chunks) == 0 {
		return nil
	}
	return t.chunks[len(t.chunks)-1]
}

// nextChunkBytes returns the size of the chunk after c, which may be nil: a
// power of two.
func nextChunkBytes(c *chunk) int {
	switch {
	case c == nil:
		return minChunkBytes
	case c.sealed:
		return floorChunkBytes(len(c.part.Bytes))
	}
	return floorChunkBytes(2 * c.room)
}

// floorChunkBytes returns the largest size of a chunk that is not over n.
func floorChunkBytes(n int) int {
	return 1 << (bits.Len(uint(min(max(n, minChunkBytes), maxChunkBytes))) - 1)
}

// unflushed returns the chunks that are only in the journal.
func (t *tail) unflushed() []*chunk { return t.chunks[t.flushed:] }

// dropFront forgets the first n chunks.
func (t *tail) dropFront(n int) {
	clear(t.chunks[:n])
	t.chunks = t.chunks[n:]
	t.flushed = max(0, t.flushed-n)
	if len(t.chunks) == 0 {
		t.chunks = nil
	}
}

// find returns the index of the first chunk with a record at or after the
// offset that arrived at or after millis; len(chunks) when there is none.
func (t *tail) find(offset storage.Offset, millis int64) int {
	return sort.Search(len(t.chunks), func(i int) bool {
		return t.chunks[i].end() > offset && t.chunks[i].shown.lastMillis >= millis
	})
}

// view is a part of a chunk that can be read without a lock, from a record
// that lies at most a piece of an extent.Part before the one sought.
type view struct {
	buf   []byte
	first storage.Offset // of the record at buf[0]
}

// seek returns the view of c for the first record at or after the offset that
// arrived at or after millis.
func (c *chunk) seek(offset storage.Offset, millis int64) view {
	c.viewed = true
	n := uint64(max(offset, c.first) - c.first)
	marks := c.shown.marks
	i := sort.Search(len(marks), func(i int) bool {
		return marks[i].Record > n && marks[i].Millis >= millis
	})
	if i == 0 {
		return view{buf: c.shown.bytes, first: c.first}
	}
	m := marks[i-1]
	return view{buf: c.shown.bytes[m.At:], first: c.first + storage.Offset(m.Record)}
}

// next decodes the view's first record into r and moves behind it. It reports
// whether there was one.
func (v *view) next(r *storage.Record) bool {
	if len(v.buf) == 0 {
		return false
	}
	n, err := entry.DecodeRecord(v.buf, r)
	if err != nil {
		panic(fmt.Sprintf("BUG: record %d in memory: %v", v.first, err))
	}
	r.Offset = v.first
	v.buf = v.buf[n:]
	v.first++
	return true
}

// unflushedBytes returns the memory of the chunks that are only in the
// journal.
func (t *tail) unflushedBytes() (n int64) {
	for _, c := range t.unflushed() {
		n += c.memory()
	}
	return n
}

// split makes a chunk end below the offset and another one begin at it, where
// one chunk holds both sides. A flush seals chunks, so this is needed only
// when the journal is replayed, and has other chunks than there were before.
// The bytes of neither side move; the chunks share them.
func (t *tail) split(offset storage.Offset) {
	i := t.find(offset, 0)
	if i == len(t.chunks) || t.chunks[i].first >= offset {
		return
	}
	c := t.chunks[i]
	left, right, err := c.part.Split(uint64(offset - c.first))
	if err != nil {
		panic(fmt.Sprintf("BUG: chunk at %d in memory: %v", c.first, err))
	}
	next := &chunk{
		first: offset, lsn: c.lsn, room: c.room - len(left.Bytes),
		sealed: c.sealed, viewed: true, part: right,
	}
	c.part, c.room, c.sealed, c.viewed = left, len(left.Bytes), true, true
	c.show()
	next.show()
	t.chunks = slices.Insert(t.chunks, i+1, next)
}
