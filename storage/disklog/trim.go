package disklog

import (
	"context"
	"fmt"

	"github.com/leat-io/leat/storage"
)

// Trim implements storage.Log. Of what is in extents whole extents are given
// up; of what is in memory only, every record that is old enough.
func (l *Log) Trim(ctx context.Context, id storage.StreamID, beforeMillis int64) error {
	if l.isStopped() {
		return l.stopErr()
	}
	const trimBytes = 24 // at least what an entry takes
	group := int(l.opts.ticketBytes() / 2 / trimBytes)
	trims := l.trims(id, beforeMillis)
	for len(trims) > 0 {
		n := min(group, len(trims))
		t := newTicket(ofTrim, int64(n*trimBytes))
		t.trims = trims[:n]
		err := l.submit(ctx, t)
		t.free()
		if err != nil {
			return fmt.Errorf("trim stream %d: %w", id, err)
		}
		trims = trims[n:]
	}
	l.kickFlusher()
	return nil
}

// trims returns where the stream's shard logs begin once everything before
// beforeMillis is given up; those where that changes nothing are left out.
// Offsets decided here stay right while the trim waits for its commit: later
// records are newer.
func (l *Log) trims(id storage.StreamID, beforeMillis int64) []trim {
	l.table.mu.RLock()
	var shards []*shard
	if st := l.table.streams[id]; st != nil {
		shards = append(shards, st.shards...)
	}
	l.table.mu.RUnlock()
	var trims []trim
	for _, s := range shards {
		if s == nil {
			continue
		}
		s.mu.Lock()
		p := s.locateLocked(0, beforeMillis)
		first := s.first
		s.mu.Unlock()
		cut := p.offset
		if p.extent == nil {
			cut = p.firstAt(first, beforeMillis)
		}
		if cut > first {
			trims = append(trims, trim{s.key, cut})
		}
	}
	return trims
}
