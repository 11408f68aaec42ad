package storagetest

import (
	"errors"
	"sync"
	"time"

	"github.com/leat-io/leat/storage"
)

var effectTests = []test{
	{"a shard log exists from the command that opens it", effectOpen},
	{"a closed shard log takes no more", effectClose},
	{"a deleted shard log does not exist", effectDelete},
	{"a deleted stream has no shard logs", effectDeleteStream},
	{"one command does several things", effectSeveral},
	{"Retain gives nothing up", effectRetain},
	{"precede every later append", effectPrecede},
	{"who sees the machine's new state finds its shard logs", effectVisible},
	{"many shard logs are opened at once", effectMany},
}

// appendError returns what the log says to a record for the shard log.
func (f *fixture) appendError(key storage.ShardKey) error {
	return f.log.Append(f.ctx, &storage.Batch{Stream: key.Stream, Records: []storage.Record{record(key.Shard, "x")}})
}

func effectOpen(f *fixture) {
	key := storage.ShardKey{Stream: 3, Shard: 5}
	if err := f.appendError(key); !errors.Is(err, storage.ErrNotFound) {
		f.Errorf("append before the command: %v", err)
	}
	f.propose(Command{Open: []storage.ShardKey{key}})
	if b := f.bounds(key); b != (storage.Bounds{}) {
		f.Errorf("bounds of a new shard log: %+v", b)
	}
	if err := f.appendError(key); err != nil {
		f.Errorf("append after the command: %v", err)
	}
}

func effectClose(f *fixture) {
	keys := f.open(1, 2)
	f.appendOne(keys[0], "x")
	f.propose(Command{Close: keys[:1]})
	if err := f.appendError(keys[0]); !errors.Is(err, storage.ErrClosed) {
		f.Errorf("append to a closed shard log: %v", err)
	}
	if b := f.bounds(keys[0]); !b.Closed || b.Next != 1 {
		f.Errorf("bounds of a closed shard log: %+v", b)
	}
	if b := f.bounds(keys[1]); b.Closed {
		f.Error("another shard log was closed too")
	}
}

func effectDelete(f *fixture) {
	keys := f.open(1, 3)
	for _, key := range keys {
		f.fill(key, 20, 100)
	}
	f.propose(Command{Close: keys[1:2]})
	f.propose(Command{Delete: keys[:2]})
	for _, key := range keys[:2] {
		if err := f.appendError(key); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("append to the deleted %v: %v", key, err)
		}
		if _, err := f.log.Bounds(key); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("bounds of the deleted %v: %v", key, err)
		}
		var res storage.ReadResult
		if err := f.log.Read(f.ctx, storage.ReadRequest{Key: key, MaxRecords: 1, MaxBytes: 1}, &res); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("read of the deleted %v: %v", key, err)
		}
	}
	if got := len(f.readAll(keys[2])); got != 20 {
		f.Errorf("%d records left in the shard log that was not deleted, want 20", got)
	}
}

func effectDeleteStream(f *fixture) {
	gone, kept := f.open(1, 3), f.open(2, 1)[0]
	for _, key := range gone {
		f.fill(key, 20, 100)
	}
	want := f.fill(kept, 20, 100)
	f.propose(Command{DeleteStreams: []storage.StreamID{1}})
	for _, key := range gone {
		if _, err := f.log.Bounds(key); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("bounds of the deleted %v: %v", key, err)
		}
		if err := f.appendError(key); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("append to the deleted %v: %v", key, err)
		}
	}
	f.expect(f.readAll(kept), want)
}

func effectSeveral(f *fixture) {
	keys, old := f.open(1, 4), f.open(2, 2)
	child := storage.ShardKey{Stream: 1, Shard: 4}
	f.propose(Command{
		Open:          []storage.ShardKey{child},
		Close:         keys[:2],
		Delete:        keys[2:3],
		DeleteStreams: []storage.StreamID{old[0].Stream},
	})
	for key, want := range map[storage.ShardKey]error{
		child: nil, keys[0]: storage.ErrClosed, keys[1]: storage.ErrClosed, keys[2]: storage.ErrNotFound,
		keys[3]: nil, old[0]: storage.ErrNotFound, old[1]: storage.ErrNotFound,
	} {
		if err := f.appendError(key); !errors.Is(err, want) {
			f.Errorf("append to %v: %v, want %v", key, err, want)
		}
	}
}

func effectRetain(f *fixture) {
	key := f.open(1, 1)[0]
	var want []storage.Record
	for _, d := range []time.Duration{24 * time.Hour, time.Hour, 365 * 24 * time.Hour} {
		f.propose(Command{Retain: []storage.Retain{{Stream: 1, Period: d}}})
		want = append(want, f.fill(key, 20, 100)...)
		f.clock.Step(48 * time.Hour)
	}
	f.expect(f.readAll(key), want)
}

// effectPrecede closes shard logs and opens their children while others
// append. Whoever was told that a shard log is closed must find the child, and
// what is appended to a closed shard log once its closing was acknowledged
// must be refused.
func effectPrecede(f *fixture) {
	const generations = 40
	f.propose(Command{Open: []storage.ShardKey{{Stream: 1}}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for shard := uint32(0); shard < generations; {
				err := f.appendError(storage.ShardKey{Stream: 1, Shard: shard})
				switch {
				case errors.Is(err, storage.ErrClosed):
					shard++ // its child was opened by the same command
				case err != nil:
					f.Errorf("append to generation %d: %v", shard, err)
					return
				}
			}
		})
	}
	for shard := range uint32(generations) {
		parent, child := storage.ShardKey{Stream: 1, Shard: shard}, storage.ShardKey{Stream: 1, Shard: shard + 1}
		f.propose(Command{Close: []storage.ShardKey{parent}, Open: []storage.ShardKey{child}})
		end := f.bounds(parent).Next
		if err := f.appendError(parent); !errors.Is(err, storage.ErrClosed) {
			f.Errorf("append to generation %d after it was closed: %v", shard, err)
		}
		if err := f.appendError(child); err != nil {
			f.Errorf("append to generation %d after it was opened: %v", shard+1, err)
		}
		if got := f.bounds(parent).Next; got != end {
			f.Errorf("generation %d grew from %d to %d records after it was closed", shard, end, got)
		}
	}
	wg.Wait()
}

// effectVisible looks for a shard log as soon as the machine's state speaks of
// it, which is before its proposer is told.
func effectVisible(f *fixture) {
	const n = 200
	done := make(chan struct{})
	go func() {
		defer close(done)
		for f.ctx.Err() == nil {
			value := f.catalog.Value() // the shard that was opened last
			if value == "" {
				continue
			}
			key := storage.ShardKey{Stream: 1, Shard: uint32(len(value) - 1)}
			if _, err := f.log.Bounds(key); err != nil {
				f.Errorf("bounds of %v, which the machine has opened: %v", key, err)
				return
			}
			if err := f.appendError(key); err != nil {
				f.Errorf("append to %v, which the machine has opened: %v", key, err)
				return
			}
			if len(value) == n {
				return
			}
		}
	}()
	value := make([]byte, 0, n)
	for i := range uint32(n) {
		value = append(value, 'x')
		f.propose(Command{Open: []storage.ShardKey{{Stream: 1, Shard: i}}, Value: string(value)})
	}
	<-done
}

func effectMany(f *fixture) {
	const n = 10_000
	keys := f.open(1, n)
	records := make([]storage.Record, 500)
	for i := range records {
		records[i] = record(uint32(i*n/len(records)), "spread")
	}
	f.append(1, records...)
	var held storage.Offset
	for _, key := range keys {
		held += f.bounds(key).Next
	}
	if held != storage.Offset(len(records)) {
		f.Errorf("%d records in all shard logs, want %d", held, len(records))
	}
	f.propose(Command{DeleteStreams: []storage.StreamID{1}})
	for _, key := range []storage.ShardKey{keys[0], keys[n-1]} {
		if _, err := f.log.Bounds(key); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("bounds of %v: %v", key, err)
		}
	}
}
