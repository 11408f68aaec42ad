package disklog

import (
	"fmt"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// assemble builds the next frame from the front of the backlog and moves its
// tickets to taken. Those that are refused are taken as well, with their error
// and without an entry, so that everybody is answered in order.
//
// Commands end a commit: what they do to shard logs is known only once they
// are applied, and everything after them is to be judged by that.
func (c *committer) assemble() {
	c.buf.Reset()
	c.mustSync = false
	c.checkSpace()
	now := c.opts.Clock.Now().UnixMilli()
	commands := false
	n := 0
	for ; n < len(c.backlog); n++ {
		t := c.backlog[n]
		if commands && t.kind != ofCommand {
			break
		}
		if c.buf.Entries > 0 && len(c.buf.Payload)+int(t.bytes) > c.opts.commitBytes() {
			break
		}
		c.buf.Grow(int(t.bytes))
		c.place(t, now)
		commands = commands || t.kind == ofCommand
		c.taken = append(c.taken, t)
	}
	rest := copy(c.backlog, c.backlog[n:])
	clear(c.backlog[rest:])
	c.backlog = c.backlog[:rest]
}

// place adds the entries of a ticket to the frame.
func (c *committer) place(t *ticket, now int64) {
	buf := c.buf
	switch t.kind {
	case ofAppend:
		if t.err = c.routeBatch(t.batch); t.err == nil {
			c.placeBatch(t.batch, now)
		}
		return
	case ofCommand:
		buf.Payload = entry.AppendCommand(buf.Payload, t.name, t.command)
		buf.Flags |= journal.FlagCommands
		buf.Entries++
	case ofTrim:
		for _, tr := range t.trims {
			if c.table.get(tr.key) != nil {
				buf.Payload = entry.AppendTrim(buf.Payload, tr.key, tr.first)
				buf.Entries++
			}
		}
	case ofManifest:
		c.placeMetas(t.metas, entry.AppendExtent)
	case ofReplacement:
		c.placeMetas(t.metas, entry.AppendReplacement)
	case ofCheckpoint:
		buf.Payload = entry.AppendCheckpoint(buf.Payload, t.lsn)
		buf.Entries++
	}
	c.mustSync = true
}

// placeMetas adds the entries of extents to the frame.
func (c *committer) placeMetas(metas []extent.Meta, add func(dst, meta []byte) []byte) {
	for _, m := range metas {
		if c.table.get(m.Key) != nil {
			c.metaForm = m.Append(c.metaForm[:0])
			c.buf.Payload = add(c.buf.Payload, c.metaForm)
			c.buf.Entries++
		}
	}
}

// routeBatch finds the shard log of each record, or the reason to refuse the
// whole batch.
func (c *committer) routeBatch(b *storage.Batch) error {
	if c.space.full || c.flushFull.Load() {
		return fmt.Errorf("append to stream %d: %w", b.Stream, storage.ErrFull)
	}
	c.route = c.route[:0]
	st := c.table.streams[b.Stream]
	for i := range b.Records {
		s := st.shard(b.Records[i].Shard)
		if s == nil || s.closed {
			err := storage.ErrNotFound
			if s != nil {
				err = storage.ErrClosed
			}
			return fmt.Errorf("append to shard log %d/%d: %w", b.Stream, b.Records[i].Shard, err)
		}
		c.route = append(c.route, s)
	}
	return nil
}

// placeBatch gives each record of a routed batch its offset and arrival time,
// and adds it to the frame and to the tail of its shard. All that has to be done
// with its bytes is done at once, while the processor has them at hand.
func (c *committer) placeBatch(b *storage.Batch, now int64) {
	buf := c.buf
	for i, s := range c.route {
		r := &b.Records[i]
		r.Offset = s.assigned.next
		r.ArrivalMillis = max(now, s.assigned.millis)
		s.assigned.next++
		s.assigned.millis = r.ArrivalMillis
		buf.Payload = entry.AppendRecordEntry(buf.Payload, b.Stream, r)
		form := buf.Payload[len(buf.Payload)-entry.RecordSize(r):]
		if len(form) < largeForm {
			buf.Sum()
			c.add(s, form, r)
		} else {
			c.addSummed(s, form, buf.SumLast(len(form)), r)
		}
	}
	buf.Entries += len(c.route)
}

// largeForm is from how many bytes on the checksum of a record is computed once
// and combined with that of the frame and that of the chunk. To combine costs as
// much as to sum a few KiB.
const largeForm = 8 << 10

// add adds a record, whose byte form is given too, to the tail of its shard.
// Nobody sees it before publishRecords.
func (c *committer) add(s *shard, form []byte, r *storage.Record) {
	c.chunkFor(s, len(form)).part.Append(form, r.ArrivalMillis, len(r.PartitionKey)+len(r.Data))
}

// addSummed is add of a form whose CRC32C is known.
func (c *committer) addSummed(s *shard, form []byte, sum uint32, r *storage.Record) {
	c.chunkFor(s, len(form)).part.AppendSummed(form, sum, r.ArrivalMillis, len(r.PartitionKey)+len(r.Data))
}

// chunkFor returns the chunk of s that the next record, of n bytes, belongs to.
func (c *committer) chunkFor(s *shard, n int) *chunk {
	var newest *chunk
	if s.fresh > 0 {
		newest = c.fresh[s.fresh-1].chunk
	} else {
		newest = s.tail.newest()
	}
	isNew := newest == nil || !newest.takes(n)
	if isNew {
		newest = newChunk(max(nextChunkBytes(newest), n), &c.spares)
	}
	if isNew || s.fresh == 0 {
		c.fresh = append(c.fresh, fresh{s, newest})
		s.fresh = uint32(len(c.fresh))
	}
	return newest
}
