package storagetest

import (
	"time"

	"github.com/leat-io/leat/storage"
)

var trimTests = []test{
	{"never gives up a record that arrived later", trimKeeps},
	{"offsets go on and First follows", trimOffsets},
	{"a trim of everything keeps the end", trimAll},
	{"is of one stream only", trimOneStream},
	{"a record appended later is kept whatever its arrival", trimThenAppend},
	{"an unknown stream is nothing to trim", trimUnknown},
	{"an earlier time than before brings nothing back", trimEarlier},
	{"a read from below First starts at First", trimReadBelow},
}

// trim gives up what arrived before millis.
func (f *fixture) trim(id storage.StreamID, millis int64) {
	f.Helper()
	if err := f.log.Trim(f.ctx, id, millis); err != nil {
		f.Fatalf("trim stream %d: %v", id, err)
	}
}

// expectFrom checks that the shard log holds all records from offset first on,
// and any number of those before, and no others.
func (f *fixture) expectFrom(key storage.ShardKey, all []storage.Record, first storage.Offset) {
	f.Helper()
	b := f.bounds(key)
	if b.First > first || b.Next != storage.Offset(len(all)) {
		f.Fatalf("bounds %+v, want First at most %d and Next %d", b, first, len(all))
	}
	f.expect(f.readAll(key), all[b.First:])
}

func trimKeeps(f *fixture) {
	keys := f.open(1, 2)
	var all [2][]storage.Record
	for i := range 300 {
		all[i%2] = append(all[i%2], f.fill(keys[i%2], 1, 200)...)
	}
	for cut := 0; cut < 150; cut += 13 {
		f.trim(1, all[0][cut].ArrivalMillis)
		f.expectFrom(keys[0], all[0], storage.Offset(cut))
		f.expectFrom(keys[1], all[1], storage.Offset(cut))
	}
}

func trimOffsets(f *fixture) {
	key := f.open(1, 1)[0]
	all := f.fill(key, 50, 100)
	f.trim(1, all[40].ArrivalMillis)
	all = append(all, f.fill(key, 50, 100)...)
	if got := all[50].Offset; got != 50 {
		f.Errorf("offset %d after a trim, want 50", got)
	}
	f.expectFrom(key, all, 40)
	if got := f.offsetAt(key, all[60].ArrivalMillis); got != 60 {
		f.Errorf("offset at the arrival of record 60 is %d", got)
	}
	if got := f.offsetAt(key, 0); got != f.bounds(key).First {
		f.Errorf("offset at 0 is %d, want First, which is %d", got, f.bounds(key).First)
	}
}

func trimAll(f *fixture) {
	key := f.open(1, 1)[0]
	all := f.fill(key, 50, 100)
	f.clock.Step(time.Hour)
	f.trim(1, f.clock.Millis())
	f.expectFrom(key, all, 50)
	if b := f.bounds(key); b.LastMillis != all[49].ArrivalMillis {
		f.Errorf("LastMillis is %d after a trim of everything, want %d still", b.LastMillis, all[49].ArrivalMillis)
	}
	f.clock.Step(-2 * time.Hour)
	r := f.appendOne(key, "after")
	if r.Offset != 50 || r.ArrivalMillis != all[49].ArrivalMillis {
		f.Errorf("offset %d and arrival %d after a trim of everything, want 50 and %d", r.Offset, r.ArrivalMillis, all[49].ArrivalMillis)
	}
	f.expectFrom(key, append(all, r), 50)
}

func trimOneStream(f *fixture) {
	one, two := f.open(1, 1)[0], f.open(2, 1)[0]
	f.fill(one, 50, 100)
	all := f.fill(two, 50, 100)
	f.trim(1, f.clock.Millis())
	f.expectFrom(two, all, 0)
}

// trimThenAppend trims up to a time that the clock then steps back from.
func trimThenAppend(f *fixture) {
	keys := f.open(1, 2)
	f.fill(keys[0], 20, 100)
	f.trim(1, f.clock.Millis()+1)
	f.clock.Step(-time.Hour)
	want := f.fill(keys[1], 20, 100)
	opened := storage.ShardKey{Stream: 1, Shard: 2}
	f.propose(Command{Open: []storage.ShardKey{opened}})
	alsoWant := f.fill(opened, 20, 100)
	if f.engine.Durable {
		f.reopen()
	}
	f.expectFrom(keys[1], want, 0)
	f.expectFrom(opened, alsoWant, 0)
}

func trimUnknown(f *fixture) {
	if err := f.log.Trim(f.ctx, 9, f.clock.Millis()); err != nil {
		f.Errorf("trim: %v", err)
	}
}

func trimEarlier(f *fixture) {
	key := f.open(1, 1)[0]
	all := f.fill(key, 50, 100)
	f.trim(1, all[30].ArrivalMillis)
	first := f.bounds(key).First
	f.trim(1, all[10].ArrivalMillis)
	f.trim(1, 0)
	if got := f.bounds(key).First; got < first {
		f.Errorf("First went back from %d to %d", first, got)
	}
	f.expectFrom(key, all, 30)
}

func trimReadBelow(f *fixture) {
	key := f.open(1, 1)[0]
	all := f.fill(key, 50, 100)
	f.trim(1, all[30].ArrivalMillis)
	first := f.bounds(key).First
	res := f.read(storage.ReadRequest{Key: key, From: 0, MaxRecords: 1, MaxBytes: 1})
	f.expect(res.Records, all[first:first+1])
	if res.Next != first+1 {
		f.Errorf("Next is %d, want %d", res.Next, first+1)
	}
}
