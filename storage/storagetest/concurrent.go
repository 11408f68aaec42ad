package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leat-io/leat/storage"
)

var concurrentTests = []test{
	{"appenders and readers see one order", concurrentAppendRead},
	{"batches of several shards keep each appender's order", concurrentBatches},
	{"trims, closes and deletes do not disturb others", concurrentTrims},
}

// follow reads the shard log as it grows until it is closed, and gives each
// page to visit.
func (f *fixture) follow(key storage.ShardKey, visit func([]storage.Record)) error {
	req := storage.ReadRequest{Key: key, MaxRecords: 100, MaxBytes: 1 << 20}
	var res storage.ReadResult
	for {
		if err := f.log.Wait(f.ctx, key, req.From); err != nil {
			return fmt.Errorf("wait for %d: %w", req.From, err)
		}
		closed, err := f.log.Bounds(key)
		if err != nil {
			return err
		}
		if err := f.log.Read(f.ctx, req, &res); err != nil {
			return err
		}
		if len(res.Records) == 0 {
			if !closed.Closed {
				return fmt.Errorf("nothing at %d after waiting for it", req.From)
			}
			return nil
		}
		visit(res.Records)
		req.From = res.Next
	}
}

// text is the data of an appender's i-th record.
func text(appender, i int) string { return fmt.Sprintf("%d:%d", appender, i) }

// split is the inverse of text.
func split(data []byte) (appender, i int) {
	a, n, _ := strings.Cut(string(data), ":")
	appender, err1 := strconv.Atoi(a)
	i, err2 := strconv.Atoi(n)
	if err := errors.Join(err1, err2); err != nil {
		panic(err)
	}
	return appender, i
}

func concurrentAppendRead(f *fixture) {
	const appenders, readers, each = 6, 3, 200
	key := f.open(1, 1)[0]
	var acked [appenders][each]storage.Record
	var writing, reading sync.WaitGroup
	seen := make([][]storage.Record, readers)
	for r := range readers {
		reading.Go(func() {
			if err := f.follow(key, func(page []storage.Record) { seen[r] = append(seen[r], page...) }); err != nil {
				f.Errorf("reader: %v", err)
			}
		})
	}
	for a := range appenders {
		writing.Go(func() {
			for i := range each {
				b := storage.Batch{Stream: 1, Records: []storage.Record{{PartitionKey: []byte("k"), Data: []byte(text(a, i))}}}
				if err := f.log.Append(f.ctx, &b); err != nil {
					f.Errorf("append: %v", err)
					return
				}
				acked[a][i] = b.Records[0]
			}
		})
	}
	writing.Wait()
	f.propose(Command{Close: []storage.ShardKey{key}})
	reading.Wait()
	for r := range readers {
		if len(seen[r]) != appenders*each {
			f.Fatalf("reader %d saw %d records, want %d", r, len(seen[r]), appenders*each)
		}
		f.expect(seen[r], seen[0])
	}
	var next [appenders]int
	for o, got := range seen[0] {
		a, i := split(got.Data)
		if i != next[a] {
			f.Fatalf("record %d of appender %d comes where its record %d should", i, a, next[a])
		}
		next[a]++
		if got.Offset != storage.Offset(o) || !same(&got, &acked[a][i]) {
			f.Fatalf("at %d stands %s, acknowledged as %s", o, describe(&got), describe(&acked[a][i]))
		}
	}
}

func concurrentBatches(f *fixture) {
	const appenders, shards, batches, each = 4, 3, 40, 30
	keys := f.open(1, shards)
	var wg sync.WaitGroup
	for a := range appenders {
		wg.Go(func() {
			for n := range batches {
				b := storage.Batch{Stream: 1}
				for i := range each {
					b.Records = append(b.Records, storage.Record{
						Shard: uint32(i % shards), PartitionKey: []byte("k"), Data: []byte(text(a, n*each+i)),
					})
				}
				if err := f.log.Append(f.ctx, &b); err != nil {
					f.Errorf("append: %v", err)
					return
				}
				for i, r := range b.Records {
					if i >= shards && r.Offset <= b.Records[i-shards].Offset {
						f.Errorf("offset %d follows %d in a batch", r.Offset, b.Records[i-shards].Offset)
					}
				}
			}
		})
	}
	wg.Wait()
	for s, key := range keys {
		next := [appenders]int{}
		for i := range next {
			next[i] = s
		}
		for _, r := range f.readAll(key) {
			a, i := split(r.Data)
			if i != next[a] {
				f.Fatalf("record %d of appender %d comes where its record %d should", i, a, next[a])
			}
			next[a] += shards
		}
		for a, n := range next {
			if n != batches*each+s {
				f.Errorf("%v ends with record %d of appender %d", key, n-shards, a)
			}
		}
	}
}

// concurrentTrims works on a stream of its own with everything that gives
// something up, while another stream is written and followed.
func concurrentTrims(f *fixture) {
	const n = 300
	kept := f.open(1, 1)[0]
	ctx, cancel := context.WithCancel(f.ctx)
	var wg sync.WaitGroup
	for g := range storage.StreamID(2) {
		wg.Go(func() {
			for id := 10 + g; ctx.Err() == nil; id += 2 {
				if err := f.churn(id); err != nil {
					f.Errorf("churn: %v", err)
					return
				}
			}
		})
	}
	var seen []storage.Record
	reading := make(chan error, 1)
	go func() {
		reading <- f.follow(kept, func(page []storage.Record) { seen = append(seen, page...) })
	}()
	want := f.fill(kept, n, 100)
	cancel()
	wg.Wait()
	f.propose(Command{Close: []storage.ShardKey{kept}})
	if err := f.outcome(reading); err != nil {
		f.Errorf("reader: %v", err)
	}
	f.expect(seen, want)
}

// churn runs a stream through a short life.
func (f *fixture) churn(id storage.StreamID) error {
	keys := []storage.ShardKey{{Stream: id}, {Stream: id, Shard: 1}}
	if _, err := f.log.Propose(f.ctx, catalogName, Command{Open: keys}.Encode()); err != nil {
		return err
	}
	for i := range 10 {
		b := storage.Batch{Stream: id, Records: []storage.Record{record(0, "gone soon"), record(1, "gone soon")}}
		if err := f.log.Append(f.ctx, &b); err != nil {
			return err
		}
		if err := f.log.Trim(f.ctx, id, f.clock.Now().Add(-time.Millisecond).UnixMilli()); err != nil {
			return err
		}
		var res storage.ReadResult
		if err := f.log.Read(f.ctx, storage.ReadRequest{Key: keys[i%2], MaxRecords: 5, MaxBytes: 1000}, &res); err != nil {
			return err
		}
	}
	for _, c := range []Command{{Close: keys[:1]}, {Delete: keys[:1]}, {DeleteStreams: []storage.StreamID{id}}} {
		if _, err := f.log.Propose(f.ctx, catalogName, c.Encode()); err != nil {
			return err
		}
	}
	return nil
}
