package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

var appendTests = []test{
	{"offsets count from 0 in each shard log", appendOffsets},
	{"order of the batch is the order of the shard log", appendOrder},
	{"every byte is stored", appendBytes},
	{"the largest record is stored", appendLargest},
	{"the largest batch is stored", appendLargestBatch},
	{"explicit hash keys are stored", appendHashKeys},
	{"key versions are stored", appendKeyVersions},
	{"no reference to the batch is kept", appendKeepsNothing},
	{"arrival is the engine's clock", appendArrival},
	{"arrival never decreases when the clock steps back", appendClockBack},
	{"a batch with a closed shard is refused whole", appendClosed},
	{"a batch with an unknown shard is refused whole", appendUnknown},
	{"an empty batch is nothing", appendEmpty},
	{"a context that is over stores all or nothing", appendCancelled},
}

func appendOffsets(f *fixture) {
	keys := f.open(7, 2)
	for i := range 3 {
		for n, r := range f.append(7, record(0, "a"), record(1, "b"), record(0, "c")) {
			want := storage.Offset(2*i + n/2)
			if r.Shard == 1 {
				want = storage.Offset(i)
			}
			if r.Offset != want {
				f.Fatalf("batch %d record %d has offset %d, want %d", i, n, r.Offset, want)
			}
		}
	}
	for i, next := range []storage.Offset{6, 3} {
		b := f.bounds(keys[i])
		want := storage.Bounds{Next: next, LastMillis: f.clock.Millis()}
		if b != want {
			f.Errorf("bounds of %v are %+v, want %+v", keys[i], b, want)
		}
	}
}

func appendOrder(f *fixture) {
	keys := f.open(1, 3)
	var want [3][]storage.Record
	for batch := range 20 {
		var records []storage.Record
		for i := range 30 {
			records = append(records, record(uint32(i*i%3), fmt.Sprint(batch, "/", i)))
		}
		for _, r := range f.append(1, records...) {
			want[r.Shard] = append(want[r.Shard], r)
		}
	}
	for i, key := range keys {
		f.expect(f.readAll(key), want[i])
	}
}

func appendBytes(f *fixture) {
	key := f.open(1, 1)[0]
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	long := strings.Repeat("é", 256)
	want := f.append(1,
		storage.Record{PartitionKey: []byte("k"), Data: all},
		storage.Record{PartitionKey: []byte(long), Data: []byte{0}},
		storage.Record{PartitionKey: []byte("k"), Data: []byte{}},
		storage.Record{PartitionKey: []byte("k"), Data: bytes.Repeat(all, 500)},
		storage.Record{PartitionKey: []byte("\x00"), Data: bytes.Repeat([]byte{0}, 100_000)},
	)
	f.expect(f.readAll(key), want)
}

func appendLargest(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.append(1, record(0, "before"))
	data := bytes.Repeat([]byte("0123456789abcdef"), f.engine.MaxRecordBytes/16)
	largest := storage.Record{PartitionKey: []byte("k"), Data: data[1:]}
	want = append(want, f.append(1, largest)...)
	want = append(want, f.append(1, record(0, "after"))...)
	f.expect(f.readAll(key), want)
}

func appendLargestBatch(f *fixture) {
	const n = 500 // records of a PutRecords call
	keys := f.open(1, 3)
	size := f.engine.MaxRecordBytes/n - len("key")
	records := make([]storage.Record, n)
	for i := range records {
		records[i] = storage.Record{Shard: uint32(i % 3), PartitionKey: []byte("key"), Data: bytes.Repeat([]byte{byte(i)}, size)}
	}
	want := make([][]storage.Record, 3)
	for _, r := range f.append(1, records...) {
		want[r.Shard] = append(want[r.Shard], r)
	}
	for i, key := range keys {
		f.expect(f.readAll(key), want[i])
	}
}

func appendHashKeys(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.append(1,
		explicit(record(0, "zero"), stream.HashKey{}),
		record(0, "none"),
		explicit(record(0, "highest"), stream.MaxHashKey),
		explicit(record(0, "some"), stream.HashKey{Hi: 1 << 63, Lo: 2}),
		record(0, "none again"),
	)
	f.expect(f.readAll(key), want)
}

func appendKeyVersions(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.append(1,
		sealed(record(0, "first"), 1),
		record(0, "plain"),
		sealed(explicit(record(0, "last"), stream.MaxHashKey), math.MaxUint32),
		record(0, "plain again"),
	)
	f.expect(f.readAll(key), want)
}

func appendKeepsNothing(f *fixture) {
	key := f.open(1, 1)[0]
	b := storage.Batch{Stream: 1, Records: []storage.Record{record(0, "what was appended")}}
	for i := range 3 { // the same batch again, as a pool would give it
		copy(b.Records[0].Data, fmt.Sprint(i))
		if err := f.log.Append(f.ctx, &b); err != nil {
			f.Fatal(err)
		}
	}
	scribble(b.Records[0].Data)
	scribble(b.Records[0].PartitionKey)
	b.Records[0] = storage.Record{}
	for i, r := range f.readAll(key) {
		if want := fmt.Sprint(i) + "hat was appended"; string(r.Data) != want || string(r.PartitionKey) != "key of what was appended" {
			f.Errorf("record %d is %s, want data %q", i, describe(&r), want)
		}
	}
}

func appendArrival(f *fixture) {
	f.open(1, 1)
	for _, d := range []time.Duration{0, time.Millisecond, time.Hour, 24 * time.Hour} {
		f.clock.Step(d)
		if r := f.append(1, record(0, "x"))[0]; r.ArrivalMillis != f.clock.Millis() {
			f.Errorf("arrival %d, want %d", r.ArrivalMillis, f.clock.Millis())
		}
	}
}

func appendClockBack(f *fixture) {
	keys := f.open(1, 2)
	high := f.appendOne(keys[0], "high").ArrivalMillis
	f.clock.Step(-time.Hour)
	if r := f.appendOne(keys[0], "after the step"); r.ArrivalMillis != high {
		f.Errorf("arrival %d after the clock stepped back, want %d still", r.ArrivalMillis, high)
	}
	if b := f.bounds(keys[0]); b.LastMillis != high {
		f.Errorf("LastMillis %d, want %d", b.LastMillis, high)
	}
	if r := f.appendOne(keys[1], "another shard"); r.ArrivalMillis != f.clock.Millis() {
		f.Errorf("arrival %d in a shard log without a later one, want %d", r.ArrivalMillis, f.clock.Millis())
	}
	f.clock.Step(time.Hour + time.Second)
	if r := f.appendOne(keys[0], "later"); r.ArrivalMillis != f.clock.Millis() {
		f.Errorf("arrival %d, want %d", r.ArrivalMillis, f.clock.Millis())
	}
}

func appendClosed(f *fixture) {
	f.open(1, 3)
	f.propose(Command{Close: []storage.ShardKey{{Stream: 1, Shard: 1}}})
	f.refused(storage.ErrClosed, record(0, "a"), record(1, "b"), record(2, "c"))
}

func appendUnknown(f *fixture) {
	f.open(1, 3)
	f.refused(storage.ErrNotFound, record(0, "a"), record(2, "b"), record(3, "c"))
	err := f.log.Append(f.ctx, &storage.Batch{Stream: 2, Records: []storage.Record{record(0, "a")}})
	if !errors.Is(err, storage.ErrNotFound) {
		f.Errorf("append to an unknown stream: %v", err)
	}
}

// refused checks that stream 1 refuses the records, with the error, and that
// nothing of them is stored in its three shard logs.
func (f *fixture) refused(want error, records ...storage.Record) {
	f.Helper()
	before := f.append(1, record(0, "stored"))
	if err := f.log.Append(f.ctx, &storage.Batch{Stream: 1, Records: records}); !errors.Is(err, want) {
		f.Fatalf("append: %v, want %v", err, want)
	}
	for shard := range uint32(3) {
		b := f.bounds(storage.ShardKey{Stream: 1, Shard: shard})
		if shard == 0 && b.Next != 1 || shard != 0 && b.Next != 0 {
			f.Errorf("shard %d holds %+v after a refused batch", shard, b)
		}
	}
	before = append(before, f.append(1, record(0, "stored next"))...)
	f.expect(f.readAll(storage.ShardKey{Stream: 1}), before)
}

func appendEmpty(f *fixture) {
	key := f.open(1, 1)[0]
	if err := f.log.Append(f.ctx, &storage.Batch{Stream: 1}); err != nil {
		f.Fatal(err)
	}
	if b := f.bounds(key); b != (storage.Bounds{}) {
		f.Errorf("bounds %+v after an empty batch", b)
	}
}

func appendCancelled(f *fixture) {
	keys := f.open(1, 2)
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	err := f.log.Append(ctx, &storage.Batch{Stream: 1, Records: []storage.Record{record(0, "a"), record(1, "b")}})
	if err != nil && !errors.Is(err, context.Canceled) {
		f.Fatalf("append: %v", err)
	}
	f.propose(Command{}) // ordered after the append, if that is to happen
	stored := f.bounds(keys[0]).Next
	if stored != f.bounds(keys[1]).Next || stored > 1 || err == nil && stored == 0 {
		f.Errorf("append returned %v and stored %d and %d records", err, stored, f.bounds(keys[1]).Next)
	}
}
