package storagetest

import (
	"time"

	"github.com/leat-io/leat/storage"
)

var offsetAtTests = []test{
	{"the first record at or after the time", offsetAtFirst},
	{"Next when there is none", offsetAtNone},
	{"the first of several with one arrival time", offsetAtEqual},
}

func offsetAtFirst(f *fixture) {
	key := f.open(1, 1)[0]
	var records []storage.Record
	for range 200 {
		records = append(records, f.appendOne(key, "some data to fill blocks and chunks with"))
		f.clock.Step(10 * time.Millisecond)
	}
	for i, r := range records {
		for millis, want := range map[int64]storage.Offset{
			r.ArrivalMillis - 9: storage.Offset(i),
			r.ArrivalMillis:     storage.Offset(i),
			r.ArrivalMillis + 1: storage.Offset(i + 1),
		} {
			if got := f.offsetAt(key, millis); got != want {
				f.Fatalf("offset at %d is %d, want %d: record %d arrived at %d", millis, got, want, i, r.ArrivalMillis)
			}
		}
	}
	if got := f.offsetAt(key, 0); got != 0 {
		f.Errorf("offset at 0 is %d", got)
	}
}

func offsetAtNone(f *fixture) {
	key := f.open(1, 1)[0]
	if got := f.offsetAt(key, 0); got != 0 {
		f.Errorf("offset in an empty shard log is %d", got)
	}
	f.fill(key, 5, 10)
	if got := f.offsetAt(key, f.clock.Millis()+1); got != 5 {
		f.Errorf("offset after the last of 5 records is %d", got)
	}
}

func offsetAtEqual(f *fixture) {
	key := f.open(1, 1)[0]
	f.fill(key, 3, 10)
	now := f.clock.Millis()
	for range 100 {
		f.appendOne(key, "all at the same time")
	}
	f.clock.Step(time.Second)
	f.fill(key, 3, 10)
	if got := f.offsetAt(key, now); got != 3 {
		f.Errorf("offset at the time of records 3 to 102 is %d", got)
	}
	if got := f.offsetAt(key, now+1); got != 103 {
		f.Errorf("offset after the time of records 3 to 102 is %d", got)
	}
}
