package disklog

import (
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
)

// apply carries out a durable command. Whoever looks for a shard log waits
// meanwhile, so that somebody who sees the machine's new state also finds the
// shard logs it speaks of.
func (c *committer) apply(m storage.Machine, command []byte) any {
	c.table.mu.Lock()
	defer c.table.mu.Unlock()
	var e storage.Effects
	result := m.Apply(command, &e)
	c.effectLocked(&e)
	return result
}

// effectLocked does what a command asks of shard logs. One that is closed or
// deleted but does not exist needs nothing.
func (c *committer) effectLocked(e *storage.Effects) {
	for _, key := range e.Open {
		c.table.openLocked(key)
	}
	for _, r := range e.Retain {
		if st := c.table.streams[r.Stream]; st != nil {
			st.class = extent.ClassFor(r.Period)
		}
	}
	for _, key := range e.Close {
		if s := c.table.get(key); s != nil {
			s.mu.Lock()
			s.closed = true
			s.wakeLocked()
			s.mu.Unlock()
		}
	}
	for _, key := range e.Delete {
		c.deleteLocked(key)
	}
	for _, id := range e.DeleteStreams {
		if st := c.table.streams[id]; st != nil {
			for index := range st.shards {
				c.deleteLocked(storage.ShardKey{Stream: id, Shard: uint32(index)})
			}
		}
	}
}

// deleteLocked gives up a shard log. The command that asks for it is durable;
// the space of its extents returns in the background.
func (c *committer) deleteLocked(key storage.ShardKey) {
	s := c.table.removeLocked(key)
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleted = true
	c.dropChunksLocked(s, len(s.tail.chunks))
	c.garbage.add(s.extents...)
	s.extents = nil
	s.wakeLocked()
}

// dropChunksLocked forgets the first n chunks of a shard, flushed or not.
func (c *committer) dropChunksLocked(s *shard, n int) {
	for i, chunk := range s.tail.chunks[:n] {
		if i < s.tail.flushed {
			c.stats.cachedBytes.Add(-chunk.memory())
			c.cached.dead++
		} else {
			c.unflushed.sub(chunk.memory())
		}
		chunk.drop() // the queue of cached chunks knows it still
	}
	s.tail.dropFront(n)
	if len(s.tail.unflushed()) == 0 {
		c.unflushed.forget(s)
	}
}

// trimShard gives up the records below tr.first. The trim is durable.
func (c *committer) trimShard(tr trim) {
	s := c.table.get(tr.key)
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if tr.first <= s.first {
		return
	}
	s.first = min(tr.first, s.next)
	n := 0
	for n < len(s.tail.chunks) && s.tail.chunks[n].end() <= s.first {
		n++
	}
	c.dropChunksLocked(s, n)
	n = 0
	for n < len(s.extents) && s.extents[n].Last < s.first {
		n++
	}
	c.garbage.add(s.extents[:n]...)
	if s.extents = s.extents[n:]; len(s.extents) == 0 {
		s.extents = nil
	}
}
