package storagetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

var reopenTests = []test{
	{"an empty log", reopenEmpty},
	{"records are as they were", reopenRecords},
	{"offsets go on", reopenOffsets},
	{"arrival never decreases although the clock stepped back", reopenArrival},
	{"the machines' state is as it was", reopenMachines},
	{"closed shard logs stay closed", reopenClosed},
	{"deleted shard logs stay deleted", reopenDeleted},
	{"what was trimmed does not come back before what was not", reopenTrimmed},
	{"times are found", reopenOffsetAt},
	{"again and again", reopenMany},
}

func reopenEmpty(f *fixture) {
	for range 3 {
		f.reopen()
	}
	if got := f.propose(Command{}); got.Count != 1 {
		f.Errorf("%d commands in an empty log", got.Count-1)
	}
}

func reopenRecords(f *fixture) {
	keys := f.open(1, 3)
	want := make([][]storage.Record, 3)
	for i := range 200 {
		r := record(uint32(i%3), fmt.Sprintf("record %d %0*d", i, i*7, 0))
		if i%5 == 0 {
			r = explicit(r, stream.HashPartitionKey(r.PartitionKey))
		}
		if i%7 == 0 {
			r = sealed(r, uint32(i))
		}
		want[i%3] = append(want[i%3], f.append(1, r)...)
		f.clock.Step(time.Millisecond)
	}
	f.reopen()
	for i, key := range keys {
		last := want[i][len(want[i])-1]
		if b := f.bounds(key); b != (storage.Bounds{Next: last.Offset + 1, LastMillis: last.ArrivalMillis}) {
			f.Errorf("bounds of %v are %+v, last record %s", key, b, describe(&last))
		}
		f.expect(f.readAll(key), want[i])
	}
}

func reopenOffsets(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.fill(key, 10, 100)
	f.reopen()
	want = append(want, f.fill(key, 10, 100)...)
	if got := want[10].Offset; got != 10 {
		f.Errorf("offset %d after reopening with 10 records", got)
	}
	f.expect(f.readAll(key), want)
}

func reopenArrival(f *fixture) {
	key := f.open(1, 1)[0]
	high := f.appendOne(key, "high").ArrivalMillis
	f.clock.Step(-time.Hour)
	f.reopen()
	if r := f.appendOne(key, "x"); r.ArrivalMillis != high {
		f.Errorf("arrival %d, want %d still", r.ArrivalMillis, high)
	}
}

func reopenMachines(f *fixture) {
	f.open(1, 5)
	for i := range 100 {
		f.propose(Command{Value: fmt.Sprint(i)})
	}
	if _, err := f.log.Propose(f.ctx, otherName, Command{Value: "other"}.Encode()); err != nil {
		f.Fatal(err)
	}
	catalog, other := f.catalog.State(), f.other.State()
	for range 2 {
		f.reopen()
		if got := f.catalog.State(); got != catalog {
			f.Errorf("catalog %s, want %s", got, catalog)
		}
		if got := f.other.State(); got != other {
			f.Errorf("other %s, want %s", got, other)
		}
	}
	if got := f.propose(Command{}); got != (Result{102, "99"}) {
		f.Errorf("the next command gives %+v", got)
	}
}

func reopenClosed(f *fixture) {
	keys := f.open(1, 2)
	want := f.fill(keys[0], 5, 100)
	f.propose(Command{Close: keys[:1]})
	f.reopen()
	if b := f.bounds(keys[0]); !b.Closed || b.Next != 5 {
		f.Errorf("bounds %+v", b)
	}
	if err := f.appendError(keys[0]); !errors.Is(err, storage.ErrClosed) {
		f.Errorf("append: %v", err)
	}
	if err := f.log.Wait(f.ctx, keys[0], 5); err != nil {
		f.Errorf("wait: %v", err)
	}
	f.expect(f.readAll(keys[0]), want)
	f.appendOne(keys[1], "open still")
}

func reopenDeleted(f *fixture) {
	one, two := f.open(1, 2), f.open(2, 1)[0]
	for _, key := range append(one, two) {
		f.fill(key, 20, 100)
	}
	f.propose(Command{Delete: one[:1]})
	f.propose(Command{DeleteStreams: []storage.StreamID{2}})
	f.reopen()
	for _, key := range []storage.ShardKey{one[0], two} {
		if _, err := f.log.Bounds(key); !errors.Is(err, storage.ErrNotFound) {
			f.Errorf("bounds of %v: %v", key, err)
		}
	}
	if got := len(f.readAll(one[1])); got != 20 {
		f.Errorf("%d records, want 20", got)
	}
}

func reopenTrimmed(f *fixture) {
	key := f.open(1, 1)[0]
	all := f.fill(key, 100, 500)
	f.trim(1, all[60].ArrivalMillis)
	first := f.bounds(key).First
	f.reopen()
	if got := f.bounds(key).First; got < first {
		f.Errorf("First is %d, it was %d", got, first)
	}
	f.expectFrom(key, all, 60)
	f.trim(1, f.clock.Millis())
	f.reopen()
	all = append(all, f.fill(key, 5, 100)...)
	f.expectFrom(key, all, 100)
}

func reopenOffsetAt(f *fixture) {
	key := f.open(1, 1)[0]
	all := f.fill(key, 200, 300)
	f.reopen()
	for i := 0; i < 200; i += 7 {
		if got := f.offsetAt(key, all[i].ArrivalMillis); got != storage.Offset(i) {
			f.Fatalf("offset at the arrival of record %d is %d", i, got)
		}
	}
}

func reopenMany(f *fixture) {
	keys := f.open(1, 4)
	want := make([][]storage.Record, 4)
	for round := range 8 {
		for i, key := range keys[:3] {
			want[i] = append(want[i], f.fill(key, round*i, 700)...)
		}
		f.propose(Command{Value: fmt.Sprint(round)})
		state := f.catalog.State()
		f.reopen()
		if got := f.catalog.State(); got != state {
			f.Fatalf("round %d: state %s, want %s", round, got, state)
		}
		for i, key := range keys {
			f.expect(f.readAll(key), want[i])
		}
	}
}
