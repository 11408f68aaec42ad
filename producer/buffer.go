package producer

import (
	"context"
	"slices"
)

// recordOverhead is what a user record costs in memory besides its data and its
// keys: the place where its result goes, and its frame in an aggregate.
const recordOverhead = 32

// roomOf returns how much of the buffer a user record takes.
func roomOf(r Record) int {
	return len(r.Data) + len(r.PartitionKey) + len(r.ExplicitHashKey) + recordOverhead
}

// buffer counts what waits or is under way, and lets those wait for whom there
// is no room. Its fields are guarded by Producer.mu.
type buffer struct {
	records, bytes int
	waiters        []*waiter // in the order of their arrival
}

// waiter is an Enqueue that waits for room.
type waiter struct {
	bytes   int
	granted chan struct{} // closed when the room is its own, or the producer is closed
}

// reserveLocked waits until a record of this size has room, and takes it. It
// requires p.mu, and gives it up while it waits. Those who wait are served in
// the order of their arrival. A record larger than the whole buffer has room
// when nothing else is there.
func (p *Producer) reserveLocked(ctx context.Context, bytes int, wait bool) error {
	b := &p.mu.buffer
	if p.mu.closed {
		return ErrClosed
	}
	if len(b.waiters) == 0 && p.hasRoomLocked(bytes) {
		b.records, b.bytes = b.records+1, b.bytes+bytes
		return nil
	}
	if !wait {
		return ErrFull
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &waiter{bytes: bytes, granted: make(chan struct{})}
	b.waiters = append(b.waiters, w)
	p.mu.Unlock()
	p.wakeUp() // for what lingers takes room
	select {
	case <-w.granted:
		p.mu.Lock()
	case <-ctx.Done():
		p.mu.Lock()
		if i := slices.Index(b.waiters, w); i >= 0 {
			b.waiters = slices.Delete(b.waiters, i, i+1)
			p.grantLocked() // to those behind it, who may be smaller
			return ctx.Err()
		}
	}
	if p.mu.closed {
		p.releaseLocked(1, bytes)
		return ErrClosed
	}
	return nil
}

func (p *Producer) hasRoomLocked(bytes int) bool {
	b := &p.mu.buffer
	return b.records == 0 || b.records < p.config.maxBufferedRecords && b.bytes+bytes <= p.config.maxBufferedBytes
}

// releaseLocked gives back the room of finished records.
func (p *Producer) releaseLocked(records, bytes int) {
	p.mu.buffer.records -= records
	p.mu.buffer.bytes -= bytes
	p.grantLocked()
}

// grantLocked gives room to those who wait, as far as there is any. After Close
// all get it, and give it back.
func (p *Producer) grantLocked() {
	b := &p.mu.buffer
	for len(b.waiters) > 0 && (p.mu.closed || p.hasRoomLocked(b.waiters[0].bytes)) {
		w := b.waiters[0]
		b.waiters = b.waiters[1:]
		b.records, b.bytes = b.records+1, b.bytes+w.bytes
		close(w.granted)
	}
}
