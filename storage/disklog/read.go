package disklog

import (
	"context"
	"fmt"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
)

// Read implements storage.Log. A read that comes to damage after it has found
// records returns those; the next one, from there, gives the error.
func (l *Log) Read(ctx context.Context, req storage.ReadRequest, res *storage.ReadResult) error {
	res.Records, res.Next, res.NextMillis = res.Records[:0], req.From, 0
	s, err := l.find(ctx, req.Key)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	req.MaxRecords = max(req.MaxRecords, 1)
	r := reading{log: l, shard: s, req: req, res: res}
	if err := r.run(ctx); err != nil {
		return fmt.Errorf("read shard log %v: %w", req.Key, l.orStopped(err))
	}
	return nil
}

// orStopped returns err, or what every call gets once the log has stopped:
// files are closed then, and err says no more than that.
func (l *Log) orStopped(err error) error {
	if l.isStopped() {
		return l.stopErr()
	}
	return err
}

// find returns the shard log of a call from outside.
func (l *Log) find(ctx context.Context, key storage.ShardKey) (*shard, error) {
	if l.isStopped() {
		return nil, l.stopErr()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return l.table.lookup(key)
}

// reading is one Read in progress.
type reading struct {
	log   *Log
	shard *shard
	req   storage.ReadRequest
	res   *storage.ReadResult
	bytes int // of the records in res
}

// place says where the records from an offset on are: in the tail, in an
// extent, or nowhere yet.
type place struct {
	offset storage.Offset // what was asked for, or the next offset that exists
	view   view           // when it has bytes
	extent *extent.Meta   // when it is not nil
}

// locateLocked finds the first record at or after the offset that arrived at
// or after millis.
func (s *shard) locateLocked(offset storage.Offset, millis int64) place {
	offset = max(offset, s.first)
	chunks := s.tail.chunks
	if len(chunks) == 0 || offset < chunks[0].first {
		if i := s.findExtentLocked(offset, millis); i < len(s.extents) {
			m := &s.extents[i]
			return place{offset: max(offset, m.First), extent: m}
		}
	}
	if i := s.tail.find(offset, millis); i < len(chunks) {
		return place{offset: max(offset, chunks[i].first), view: chunks[i].seek(offset, millis)}
	}
	return place{offset: max(offset, s.next)}
}

func (r *reading) run(ctx context.Context) error {
	for {
		r.shard.mu.Lock()
		deleted := r.shard.deleted
		p := r.shard.locateLocked(r.res.Next, r.req.NotBeforeMillis)
		r.shard.mu.Unlock()
		if deleted {
			return fmt.Errorf("%w", storage.ErrNotFound)
		}
		if p.offset > r.res.Next {
			if len(r.res.Records) > 0 {
				// What follows was trimmed meanwhile; records are consecutive.
				return nil
			}
			r.res.Next = p.offset
		}
		var done bool
		var err error
		switch {
		case p.extent != nil:
			done, err = r.extent(ctx, *p.extent)
		case len(p.view.buf) > 0:
			done = r.tail(p.view)
		default:
			r.res.NextMillis = 0
			return nil
		}
		if done || err != nil {
			return err
		}
	}
}

// tail adds records of a chunk. It reports whether the read is complete.
func (r *reading) tail(v view) bool {
	var rec storage.Record
	rec.Shard = r.req.Key.Shard
	for v.next(&rec) {
		if rec.Offset < r.res.Next || rec.ArrivalMillis < r.req.NotBeforeMillis {
			continue
		}
		size := len(rec.PartitionKey) + len(rec.Data)
		if n := len(r.res.Records); n > 0 && (n >= r.req.MaxRecords || r.bytes+size > r.req.MaxBytes) {
			r.res.NextMillis = rec.ArrivalMillis
			return true
		}
		r.bytes += size
		r.res.Records = append(r.res.Records, rec)
		r.res.Next = rec.Offset + 1
	}
	return false
}

// extent adds records of an extent. It reports whether the read is complete.
func (r *reading) extent(ctx context.Context, m extent.Meta) (bool, error) {
	before := len(r.res.Records)
	if before > 0 && (before >= r.req.MaxRecords || r.bytes >= r.req.MaxBytes) {
		r.res.NextMillis = m.FirstMillis
		return true, nil
	}
	records, nextMillis, err := r.log.store.Read(ctx, m, r.res.Next, r.req.NotBeforeMillis,
		r.req.MaxRecords-before, r.req.MaxBytes-r.bytes, r.res.Records)
	if err != nil {
		if r.shard.gone(m) {
			return false, nil // trimmed or deleted meanwhile; look again
		}
		if before > 0 {
			r.res.NextMillis = r.res.Records[before-1].ArrivalMillis
			return true, nil
		}
		return false, err
	}
	r.res.Records = records
	for _, rec := range records[before:] {
		r.bytes += len(rec.PartitionKey) + len(rec.Data)
		r.res.Next = rec.Offset + 1
	}
	r.res.NextMillis = nextMillis
	return nextMillis != 0 || len(records) == before, nil
}

// Bounds implements storage.Log.
func (l *Log) Bounds(key storage.ShardKey) (storage.Bounds, error) {
	s, err := l.find(context.Background(), key)
	if err != nil {
		return storage.Bounds{}, fmt.Errorf("bounds: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return storage.Bounds{First: s.first, Next: s.next, LastMillis: s.lastMillis, Closed: s.closed}, nil
}

// OffsetAt implements storage.Log.
func (l *Log) OffsetAt(ctx context.Context, key storage.ShardKey, millis int64) (storage.Offset, error) {
	s, err := l.find(ctx, key)
	if err != nil {
		return 0, fmt.Errorf("offset at a time: %w", err)
	}
	for {
		s.mu.Lock()
		p := s.locateLocked(0, millis)
		first := s.first
		s.mu.Unlock()
		if p.extent != nil {
			offset, err := l.store.OffsetAt(ctx, *p.extent, millis)
			if err != nil && s.gone(*p.extent) {
				continue
			}
			if err != nil {
				return 0, fmt.Errorf("offset of shard log %v at a time: %w", key, l.orStopped(err))
			}
			return max(offset, first), nil
		}
		return p.firstAt(first, millis), nil
	}
}

// firstAt returns the offset of the place's first record at or after first
// that arrived at or after millis. The place is not in an extent.
func (p place) firstAt(first storage.Offset, millis int64) storage.Offset {
	var rec storage.Record
	for v := p.view; v.next(&rec); {
		if rec.Offset >= first && rec.ArrivalMillis >= millis {
			return rec.Offset
		}
	}
	return p.offset
}

// Wait implements storage.Log.
func (l *Log) Wait(ctx context.Context, key storage.ShardKey, from storage.Offset) error {
	s, err := l.find(ctx, key)
	if err != nil {
		return fmt.Errorf("wait: %w", err)
	}
	for {
		changed, err := s.ready(from)
		if err != nil {
			return fmt.Errorf("wait for shard log %v: %w", key, err)
		}
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-l.stopped:
			return l.stopErr()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ready returns nil when a Wait for from is over, and otherwise what is closed
// at the next change.
func (s *shard) ready(from storage.Offset) (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.deleted:
		return nil, fmt.Errorf("%w", storage.ErrNotFound)
	case s.closed || s.next > max(from, s.first):
		return nil, nil
	}
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed, nil
}
