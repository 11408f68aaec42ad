package disklog

import (
	"fmt"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// publish makes a commit visible that starts at lsn and is as durable as the
// options ask: first its records, then trims and manifest entries, last its
// commands.
func (c *committer) publish(lsn journal.LSN) {
	c.publishRecords(lsn)
	for _, t := range c.taken {
		switch t.kind {
		case ofTrim:
			for _, tr := range t.trims {
				c.trimShard(tr)
			}
		case ofManifest:
			for _, m := range t.metas {
				c.adopt(m)
			}
		case ofReplacement:
			for _, m := range t.metas {
				c.replace(m)
			}
		case ofCommand:
			t.result = c.apply(t.machine, t.command)
			c.commandsApplied.Store(true)
		}
	}
	for _, t := range c.taken {
		if t.kind == ofCall {
			t.call()
		}
	}
	c.evict()
	c.watch()
}

// publishRecords makes the records readable that were added to the tails, in
// frames from lsn on.
func (c *committer) publishRecords(lsn journal.LSN) {
	for _, f := range c.fresh {
		f.shard.mu.Lock()
		c.showLocked(f, lsn)
		f.shard.wakeLocked()
		f.shard.mu.Unlock()
	}
	clear(c.fresh)
	c.fresh = c.fresh[:0]
}

// showLocked shows what is hidden in a chunk, which is the newest of its shard
// or is to be that. The first record of such a new one is in the frame at lsn.
func (c *committer) showLocked(f fresh, lsn journal.LSN) {
	s, chunk := f.shard, f.chunk
	s.fresh = 0
	isNew := chunk.shown.records == 0
	first := s.next
	s.next += storage.Offset(chunk.hidden())
	s.lastMillis = max(s.lastMillis, chunk.part.LastMillis) // a replay begins with that of the snapshot
	chunk.show()
	if !isNew {
		return
	}
	chunk.first, chunk.lsn = first, lsn
	clean := len(s.tail.unflushed()) == 0
	s.tail.chunks = append(s.tail.chunks, chunk)
	c.unflushed.add(s, chunk.memory(), clean)
	if !clean && s.tail.unflushedBytes() > c.opts.shardFlushBytes() {
		c.unflushed.setLarge()
	}
}

// adopt makes a durable extent part of its shard log. What was trimmed or
// deleted while it was written becomes garbage at once.
func (c *committer) adopt(m extent.Meta) {
	s := c.table.get(m.Key)
	if s == nil {
		c.garbage.add(m)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Last < s.first {
		c.garbage.add(m)
		return
	}
	if reason := s.unfitLocked(m); reason != "" {
		panic(fmt.Sprintf("BUG: extent %v: %s", m, reason))
	}
	s.extents = append(s.extents, m)
	s.tail.split(m.Last + 1)
	for _, chunk := range s.tail.unflushed() {
		if chunk.first > m.Last {
			break
		}
		chunk.sealed = true // a flush has done so, a replay has not
		s.tail.flushed++
		c.unflushed.sub(chunk.memory())
		c.cached.push(s, chunk)
		c.stats.cachedBytes.Add(chunk.memory())
	}
	if len(s.tail.unflushed()) == 0 {
		c.unflushed.forget(s)
	}
}

// evict forgets cached chunks, oldest first, until memory is within its bound.
// The flush has let go of them, so that the memory of those that nobody else
// has looked at is free.
func (c *committer) evict() {
	for c.unflushed.bytes.Load()+c.stats.cachedBytes.Load() > c.opts.MemoryBytes {
		s, chunk, ok := c.cached.pop()
		if !ok {
			return
		}
		s.mu.Lock()
		if s.tail.flushed > 0 && s.tail.chunks[0] == chunk {
			s.tail.dropFront(1)
			c.stats.cachedBytes.Add(-chunk.memory())
			if !chunk.viewed {
				c.spares.put(chunk.part.Bytes)
			}
		}
		s.mu.Unlock()
	}
}

// watch holds appends back when too much is unflushed, and tells the flusher
// when there is something for it.
func (c *committer) watch() {
	if c.unflushed.bytes.Load() > c.opts.MemoryBytes && !c.flushFull.Load() {
		c.gate.shut()
	} else {
		c.gate.open()
	}
	end := c.journal.End()
	c.end.Store(uint64(end))
	if c.unflushed.due(c.opts.MemoryBytes) || end-c.looked > journal.LSN(c.opts.SegmentBytes/2) {
		c.looked = end
		c.kickFlusher()
	}
	c.space.written += int64(len(c.buf.Payload))
}
