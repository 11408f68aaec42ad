package disklog

import (
	"fmt"

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

// publishRecords copies the records of the commit to the tails. Records of one
// shard often follow each other, so its lock is kept as long as they do.
func (c *committer) publishRecords(lsn journal.LSN) {
	payload := c.buf.Payload
	var s *shard
	for i := range c.placed {
		p := &c.placed[i]
		if p.shard != s {
			if s != nil {
				s.wakeLocked()
				s.mu.Unlock()
			}
			s = p.shard
			s.mu.Lock()
		}
		c.addLocked(s, payload[p.end-p.size:p.end], p.millis, lsn)
	}
	if s != nil {
		s.wakeLocked()
		s.mu.Unlock()
	}
}

// addLocked makes one record readable, whose frame starts at lsn.
func (c *committer) addLocked(s *shard, form []byte, millis int64, lsn journal.LSN) {
	clean := len(s.tail.unflushed()) == 0
	made := s.tail.append(form, s.next, millis, lsn, &c.spares)
	s.next++
	s.lastMillis = max(s.lastMillis, millis) // a replay begins with that of the snapshot
	if made == nil {
		return
	}
	c.unflushed.add(s, made.memory(), clean)
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
				c.spares.put(chunk.buf)
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
