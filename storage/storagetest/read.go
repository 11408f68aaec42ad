package storagetest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

var readTests = []test{
	{"the tip is not an error", readTip},
	{"an unknown shard log is ErrNotFound", readUnknown},
	{"any offset is a place to start", readFrom},
	{"MaxRecords ends the read", readMaxRecords},
	{"MaxBytes ends the read", readMaxBytes},
	{"one record is returned whatever its size", readAtLeastOne},
	{"NotBeforeMillis skips what arrived earlier", readNotBefore},
	{"NextMillis is the arrival of the record at Next", readNextMillis},
	{"a result is reused", readReuse},
	{"views stay valid and unchanged", readViews},
	{"a closed shard log is read to its end", readClosed},
	{"streams do not mix", readStreams},
}

func readTip(f *fixture) {
	key := f.open(1, 1)[0]
	for range 2 {
		tip := f.bounds(key).Next
		for _, from := range []storage.Offset{tip, tip + 1, tip + 1000, math.MaxUint64} {
			res := f.read(storage.ReadRequest{Key: key, From: from, MaxRecords: 10, MaxBytes: 1000})
			if len(res.Records) != 0 || res.Next != from || res.NextMillis != 0 {
				f.Errorf("read from %d with %d records stored: %+v, want nothing and Next %d", from, tip, res, from)
			}
		}
		f.append(1, record(0, "a"), record(0, "b"))
	}
}

func readUnknown(f *fixture) {
	f.open(1, 1)
	for _, key := range []storage.ShardKey{{Stream: 1, Shard: 1}, {Stream: 2}, {Stream: math.MaxUint32, Shard: math.MaxUint32}} {
		res := storage.ReadResult{Records: make([]storage.Record, 3)}
		if err := f.log.Read(f.ctx, storage.ReadRequest{Key: key, MaxRecords: 1, MaxBytes: 1}, &res); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("read %v: %v", key, err)
		}
		if _, err := f.log.Bounds(key); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("bounds %v: %v", key, err)
		}
		if _, err := f.log.OffsetAt(f.ctx, key, 0); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("offset at %v: %v", key, err)
		}
	}
}

func readFrom(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.fill(key, 300, 100)
	for from := range want {
		res := f.read(storage.ReadRequest{Key: key, From: storage.Offset(from), MaxRecords: 7, MaxBytes: math.MaxInt})
		if len(res.Records) == 0 {
			f.Fatalf("read from %d gave nothing", from)
		}
		f.expect(res.Records, want[from:from+len(res.Records)])
	}
	f.expect(f.readAll(key), want)
}

func readMaxRecords(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.fill(key, 50, 10)
	for n := range 60 {
		res := f.read(storage.ReadRequest{Key: key, MaxRecords: n, MaxBytes: math.MaxInt})
		if got := len(res.Records); got == 0 || got > max(n, 1) {
			f.Fatalf("%d records with MaxRecords %d", got, n)
		}
		f.expect(res.Records, want[:len(res.Records)])
		if res.Next != storage.Offset(len(res.Records)) {
			f.Fatalf("Next is %d after %d records", res.Next, len(res.Records))
		}
	}
}

func readMaxBytes(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.fill(key, 50, 1000)
	size := func(records []storage.Record) (n int) {
		for _, r := range records {
			n += len(r.PartitionKey) + len(r.Data)
		}
		return n
	}
	for limit := 0; limit < 20_000; limit += 777 {
		res := f.read(storage.ReadRequest{Key: key, MaxRecords: 1000, MaxBytes: limit})
		if len(res.Records) == 0 || len(res.Records) > 1 && size(res.Records) > limit {
			f.Fatalf("%d records of %d bytes with MaxBytes %d", len(res.Records), size(res.Records), limit)
		}
		f.expect(res.Records, want[:len(res.Records)])
	}
	n := 5
	res := f.read(storage.ReadRequest{Key: key, MaxRecords: 1000, MaxBytes: size(want[:n])})
	if len(res.Records) > n {
		f.Errorf("%d records where %d fill MaxBytes", len(res.Records), n)
	}
}

func readAtLeastOne(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.append(1, record(0, strings.Repeat("x", 300_000)), record(0, "small"), record(0, strings.Repeat("y", 300_000)))
	for i := range want {
		res := f.read(storage.ReadRequest{Key: key, From: storage.Offset(i), MaxRecords: 1, MaxBytes: 1})
		f.expect(res.Records, want[i:i+1])
	}
}

func readNotBefore(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.fill(key, 100, 50) // a millisecond apart
	start := want[0].ArrivalMillis
	for skip := range int64(102) {
		first := min(int(skip), 100)
		res := f.read(storage.ReadRequest{Key: key, NotBeforeMillis: start + skip, MaxRecords: 1000, MaxBytes: math.MaxInt})
		if len(res.Records) == 0 && first < 100 {
			f.Fatalf("nothing not before record %d", first)
		}
		f.expect(res.Records, want[first:first+len(res.Records)])
		if res.Next != storage.Offset(first+len(res.Records)) {
			f.Fatalf("Next is %d after %d records from %d", res.Next, len(res.Records), first)
		}
	}
	res := f.read(storage.ReadRequest{Key: key, From: 60, NotBeforeMillis: start + 40, MaxRecords: 3, MaxBytes: math.MaxInt})
	f.expect(res.Records, want[60:60+len(res.Records)])
}

func readNextMillis(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.fill(key, 20, 50)
	for from := range 20 {
		for n := 1; from+n <= 20; n++ {
			res := f.read(storage.ReadRequest{Key: key, From: storage.Offset(from), MaxRecords: n, MaxBytes: math.MaxInt})
			var next int64
			if int(res.Next) < len(want) {
				next = want[res.Next].ArrivalMillis
			}
			if res.NextMillis != next {
				f.Fatalf("NextMillis is %d at offset %d, want %d", res.NextMillis, res.Next, next)
			}
		}
	}
}

func readReuse(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.append(1, record(0, "a"), record(0, "b"), record(0, "c"))
	res := storage.ReadResult{Records: make([]storage.Record, 3, 64)}
	for i := range res.Records { // leftovers of another read
		res.Records[i] = sealed(explicit(record(9, "left over"), stream.HashKey{Hi: 1}), 7)
	}
	first := &res.Records[:1][0]
	if err := f.log.Read(f.ctx, storage.ReadRequest{Key: key, MaxRecords: 10, MaxBytes: 1000}, &res); err != nil {
		f.Fatal(err)
	}
	f.expect(res.Records, want)
	if &res.Records[0] != first {
		f.Error("the capacity of Records was not kept")
	}
	if err := f.log.Read(f.ctx, storage.ReadRequest{Key: key, From: 3, MaxRecords: 10, MaxBytes: 1000}, &res); err != nil {
		f.Fatal(err)
	}
	if len(res.Records) != 0 || cap(res.Records) != 64 || res.Next != 3 || res.NextMillis != 0 {
		f.Errorf("read at the tip left %+v", res)
	}
}

func readViews(f *fixture) {
	key := f.open(1, 2)[0]
	stored := f.fill(key, 200, 500)
	res := f.read(storage.ReadRequest{Key: key, MaxRecords: 1000, MaxBytes: math.MaxInt})
	held := res.Records
	want := stored[:len(held)]
	f.expect(held, want)

	// An append to a view must not reach the record after it.
	_ = append(held[0].PartitionKey, "overrun"...)
	_ = append(held[0].Data, "overrun"...)
	f.expect(held, want)

	f.fill(key, 200, 500)
	f.expect(held, want)
	f.clock.Step(time.Hour)
	if err := f.log.Trim(f.ctx, 1, f.clock.Millis()); err != nil {
		f.Fatal(err)
	}
	f.expect(held, want)
	f.propose(Command{Delete: []storage.ShardKey{key}})
	f.fill(storage.ShardKey{Stream: 1, Shard: 1}, 200, 500)
	f.expect(held, want)
}

func readClosed(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.fill(key, 10, 10)
	f.propose(Command{Close: []storage.ShardKey{key}})
	f.expect(f.readAll(key), want)
	b := f.bounds(key)
	if !b.Closed || b.Next != 10 || b.LastMillis != want[9].ArrivalMillis {
		f.Errorf("bounds %+v of a closed shard log with 10 records", b)
	}
}

func readStreams(f *fixture) {
	var keys []storage.ShardKey
	want := make(map[storage.ShardKey][]storage.Record)
	for id := range storage.StreamID(3) {
		keys = append(keys, f.open(id, 3)...)
	}
	for i := range 90 {
		key := keys[i%len(keys)]
		want[key] = append(want[key], f.appendOne(key, fmt.Sprint("record ", i)))
	}
	for _, key := range keys {
		f.expect(f.readAll(key), want[key])
	}
}
