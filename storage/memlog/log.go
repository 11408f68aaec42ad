// Package memlog is a log that keeps everything in memory and nothing beyond
// Close: the engine of --durability memory, of tests, and the oracle that the
// other engines are compared with. It is written to be plainly right; what it
// promises is the contract of [storage.Log] with a durability of none.
//
// This package's API may change.
package memlog

import (
	"context"
	"fmt"
	"sync"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/storage"
)

// DefaultMaxBytes is how much a log holds when Options do not say.
const DefaultMaxBytes = 1 << 30

// Options say how a log behaves. The zero value is ready to use.
type Options struct {
	// Clock gives arrival times; nil is the machine's.
	Clock clock.Clock
	// MaxBytes bounds the records kept, counting partition keys, data and the
	// index entry of each; Append gives ErrFull beyond it. Zero is
	// DefaultMaxBytes. Chunks are allocated ahead of their use, so up to twice
	// as much memory may be taken.
	MaxBytes int64
}

// Log is a storage.Log in memory.
//
// Lock order: order, then mu. A Machine's own lock comes after both, so whoever
// holds it must not call the log.
type Log struct {
	clock    clock.Clock
	maxBytes int64
	machines map[string]storage.Machine

	proposals chan *proposal // taken by run
	stop      chan struct{}  // closed by Close
	done      chan struct{}  // closed when run has ended

	// order is held by the one append, command or trim that is taking effect.
	order sync.Mutex
	// batch is scratch space for Append: the shard log of each record.
	// Guarded by order.
	batch []*shard

	// mu is held for writing while an effect becomes visible, so a reader sees
	// all of it or nothing. Shard logs are guarded by it too.
	mu struct {
		sync.RWMutex
		streams map[storage.StreamID]map[uint32]*shard
		// bytes is what MaxBytes bounds. Changed with order held as well.
		bytes   int64
		stopped bool
	}
}

var _ storage.Log = (*Log)(nil)

// Open returns an empty log whose commands go to the machines, by name.
func Open(machines map[string]storage.Machine, o Options) *Log {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	l := &Log{
		clock:     o.Clock,
		maxBytes:  o.MaxBytes,
		machines:  machines,
		proposals: make(chan *proposal),
		stop:      make(chan struct{}),
		done:      make(chan struct{}),
	}
	l.mu.streams = make(map[storage.StreamID]map[uint32]*shard)
	go l.run()
	return l
}

// Append implements storage.Log. There is no queue to wait in: ctx is only
// looked at on entry.
func (l *Log) Append(ctx context.Context, b *storage.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.order.Lock()
	defer l.order.Unlock()
	size, err := l.route(b)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now().UnixMilli()
	for i := range b.Records {
		l.batch[i].add(&b.Records[i], now)
	}
	l.mu.bytes += size
	for _, s := range l.batch {
		s.wake()
	}
	clear(l.batch) // a deleted shard log must not be kept from here
	return nil
}

// route finds the shard log of each record, leaves them in l.batch and returns
// how many bytes the batch takes. Requires l.order.
func (l *Log) route(b *storage.Batch) (size int64, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.mu.stopped {
		return 0, storage.ErrStopped
	}
	l.batch = l.batch[:0]
	shards := l.mu.streams[b.Stream]
	for i := range b.Records {
		r := &b.Records[i]
		s := shards[r.Shard]
		if s == nil || s.closed {
			err := storage.ErrNotFound
			if s != nil {
				err = storage.ErrClosed
			}
			return 0, fmt.Errorf("append to %v: %w", storage.ShardKey{Stream: b.Stream, Shard: r.Shard}, err)
		}
		l.batch = append(l.batch, s)
		size += storedSize(r)
	}
	if l.mu.bytes+size > l.maxBytes {
		return 0, fmt.Errorf("append %d bytes to the %d of %d in use: %w", size, l.mu.bytes, l.maxBytes, storage.ErrFull)
	}
	return size, nil
}

// Trim implements storage.Log. Readers see it exactly; memory is freed by the
// chunk.
func (l *Log) Trim(ctx context.Context, id storage.StreamID, beforeMillis int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.order.Lock()
	defer l.order.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.stopped {
		return storage.ErrStopped
	}
	for _, s := range l.mu.streams[id] {
		l.mu.bytes -= s.trim(beforeMillis)
	}
	return nil
}

// Close implements storage.Log. What the log held is gone.
func (l *Log) Close() error {
	l.order.Lock()
	l.mu.Lock()
	first := !l.mu.stopped
	l.mu.stopped = true
	l.mu.streams = nil
	l.mu.Unlock()
	l.order.Unlock()
	if first {
		close(l.stop)
	}
	<-l.done
	return nil
}
