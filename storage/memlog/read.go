package memlog

import (
	"context"
	"fmt"

	"github.com/leat-io/leat/storage"
)

// Read implements storage.Log.
func (l *Log) Read(ctx context.Context, req storage.ReadRequest, res *storage.ReadResult) error {
	res.Records, res.Next, res.NextMillis = res.Records[:0], 0, 0
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	s, err := l.shardLocked(req.Key)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	s.read(req, res)
	return nil
}

// read reads into res, which is empty.
func (s *shard) read(req storage.ReadRequest, res *storage.ReadResult) {
	o := max(req.From, s.first)
	if req.NotBeforeMillis > 0 {
		o = max(o, s.offsetAt(req.NotBeforeMillis))
	}
	res.Next = o
	if o >= s.next {
		return
	}
	var r storage.Record
	r.Shard = req.Key.Shard
	c, at := s.at(o)
	for bytes := 0; o < s.next; o++ {
		if o == c.end() {
			at++
			c = s.chunks[at]
		}
		c.view(o, &r)
		bytes += len(r.PartitionKey) + len(r.Data)
		if n := len(res.Records); n > 0 && (n >= req.MaxRecords || bytes > req.MaxBytes) {
			res.NextMillis = r.ArrivalMillis
			break
		}
		res.Records = append(res.Records, r)
	}
	res.Next = o
}

// Bounds implements storage.Log.
func (l *Log) Bounds(key storage.ShardKey) (storage.Bounds, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s, err := l.shardLocked(key)
	if err != nil {
		return storage.Bounds{}, fmt.Errorf("bounds: %w", err)
	}
	return storage.Bounds{First: s.first, Next: s.next, LastMillis: s.lastMillis, Closed: s.closed}, nil
}

// OffsetAt implements storage.Log.
func (l *Log) OffsetAt(ctx context.Context, key storage.ShardKey, millis int64) (storage.Offset, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	s, err := l.shardLocked(key)
	if err != nil {
		return 0, fmt.Errorf("offset at %d: %w", millis, err)
	}
	return s.offsetAt(millis), nil
}

// Wait implements storage.Log.
func (l *Log) Wait(ctx context.Context, key storage.ShardKey, from storage.Offset) error {
	for {
		changed, err := l.ready(key, from)
		if err != nil {
			return fmt.Errorf("wait: %w", err)
		}
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-l.stop:
			return storage.ErrStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ready returns nil when a Wait for from is over, and otherwise a channel that
// is closed at the shard log's next change.
func (l *Log) ready(key storage.ShardKey, from storage.Offset) (<-chan struct{}, error) {
	l.mu.Lock() // not RLock: changed may have to be made
	defer l.mu.Unlock()
	s, err := l.shardLocked(key)
	if err != nil {
		return nil, err
	}
	if s.closed || s.next > max(from, s.first) {
		return nil, nil
	}
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed, nil
}

// shardLocked returns the shard log of the key.
func (l *Log) shardLocked(key storage.ShardKey) (*shard, error) {
	if l.mu.stopped {
		return nil, storage.ErrStopped
	}
	s := l.mu.streams[key.Stream][key.Shard]
	if s == nil {
		return nil, fmt.Errorf("%v: %w", key, storage.ErrNotFound)
	}
	return s, nil
}
