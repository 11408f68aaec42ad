package disklog

import (
	"fmt"
	"math/bits"
	"sort"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
	"github.com/leat-io/leat/storage/disklog/journal"
)

const (
	// minChunkBytes is the first chunk of a shard, so that one that is nearly
	// idle takes little; each further chunk is twice as large, up to
	// maxChunkBytes. A larger record gets a chunk of its own.
	minChunkBytes = 512
	maxChunkBytes = 1 << 20
	// markBytes is the distance of the index marks: the most that a read
	// decodes in vain.
	markBytes = 16 << 10
)

// chunk is a run of consecutive records in their byte form.
//
// The bytes below len(buf) never change and buf is never reallocated, so that
// whoever has copied the slice header may read it without a lock; it is theirs
// for as long as they hold it, see spares. All else is guarded by the shard's
// mu.
type chunk struct {
	first                   storage.Offset // of the first record
	count                   uint64         // records
	firstMillis, lastMillis int64          // arrival of the first and last record
	lsn                     journal.LSN    // start of the frame that holds the first record
	sealed                  bool           // nothing more is added
	viewed                  bool           // somebody may hold a part of buf
	buf                     []byte
	marks                   []mark
}

// mark says that record number n of a chunk begins at byte at.
type mark struct {
	n      uint64
	at     int
	millis int64
}

// end returns the offset after the last record.
func (c *chunk) end() storage.Offset { return c.first + storage.Offset(c.count) }

// memory returns the bytes that the chunk takes.
func (c *chunk) memory() int64 { return int64(cap(c.buf)) }

// tail is the part of a shard log that is in memory: consecutive chunks up to
// the shard's tip. Guarded by the shard's mu.
type tail struct {
	chunks []*chunk
	// flushed is how many of the first chunks are in extents, and stay only
	// as a cache.
	flushed int
}

// append adds a record's byte form. It returns the chunk it had to make, nil
// when there was room; its memory is from m.
func (t *tail) append(form []byte, offset storage.Offset, millis int64, lsn journal.LSN, m *spares) (made *chunk) {
	var c *chunk
	if n := len(t.chunks); n > 0 {
		c = t.chunks[n-1]
	}
	if c == nil || c.sealed || len(form) > cap(c.buf)-len(c.buf) {
		made = &chunk{
			first: offset, firstMillis: millis, lsn: lsn,
			buf: m.take(max(nextChunkBytes(c), len(form))),
		}
		t.chunks = append(t.chunks, made)
		c = made
	}
	at := len(c.buf)
	if last := len(c.marks) - 1; last >= 0 && at-c.marks[last].at >= markBytes || last < 0 && at >= markBytes {
		c.marks = append(c.marks, mark{n: c.count, at: at, millis: millis})
	}
	c.buf = append(c.buf, form...)
	c.count++
	c.lastMillis = millis
	return made
}

// nextChunkBytes returns the size of the chunk after c, which may be nil: a
// power of two.
func nextChunkBytes(c *chunk) int {
	switch {
	case c == nil:
		return minChunkBytes
	case c.sealed:
		return floorChunkBytes(len(c.buf))
	}
	return floorChunkBytes(2 * cap(c.buf))
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
		return t.chunks[i].end() > offset && t.chunks[i].lastMillis >= millis
	})
}

// view is a part of a chunk that can be read without a lock, from a record
// that lies at most markBytes before the one sought.
type view struct {
	buf   []byte
	first storage.Offset // of the record at buf[0]
}

// seek returns the view of c for the first record at or after the offset that
// arrived at or after millis.
func (c *chunk) seek(offset storage.Offset, millis int64) view {
	c.viewed = true
	n := uint64(max(offset, c.first) - c.first)
	i := sort.Search(len(c.marks), func(i int) bool {
		return c.marks[i].n > n && c.marks[i].millis >= millis
	})
	if i == 0 {
		return view{buf: c.buf, first: c.first}
	}
	m := c.marks[i-1]
	return view{buf: c.buf[m.at:], first: c.first + storage.Offset(m.n)}
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
	v := c.seek(offset-1, 0)
	var r storage.Record
	var last int64
	for v.first < offset {
		v.next(&r)
		last = r.ArrivalMillis
	}
	at := len(c.buf) - len(v.buf)
	v.next(&r)
	right := &chunk{
		first: offset, count: uint64(c.end() - offset),
		firstMillis: r.ArrivalMillis, lastMillis: c.lastMillis,
		lsn: c.lsn, sealed: c.sealed, viewed: true, buf: c.buf[at:],
	}
	for _, m := range c.marks {
		if m.at > at {
			right.marks = append(right.marks, mark{n: m.n - uint64(offset-c.first), at: m.at - at, millis: m.millis})
		}
	}
	c.marks = c.marks[:sort.Search(len(c.marks), func(i int) bool { return c.marks[i].at >= at })]
	c.count, c.lastMillis, c.sealed = uint64(offset-c.first), last, true
	c.buf = c.buf[:at:at]
	t.chunks = append(t.chunks, nil)
	copy(t.chunks[i+2:], t.chunks[i+1:])
	t.chunks[i+1] = right
}
