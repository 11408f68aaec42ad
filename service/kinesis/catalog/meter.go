package catalog

import "sync/atomic"

// Meter counts what is put into a shard of an on-demand stream. It is no part
// of the shard's definition: it stands beside it, the same in all versions of
// the stream, so that a put finds it without looking for it. Its methods may be
// called concurrently.
type Meter struct {
	bytes, records atomic.Int64
	// key is the first key that was counted, 0 when none was; others counts the
	// records of other keys.
	key    atomic.Uint64
	others atomic.Int64
}

// Count counts one record of so many bytes, its partition key included. Records
// of one key are to give the same number, those of others most likely another.
func (m *Meter) Count(bytes int, key uint64) {
	m.bytes.Add(int64(bytes))
	m.records.Add(1)
	key |= 1 // 0 is taken
	if m.key.Load() == 0 {
		m.key.CompareAndSwap(0, key)
	}
	if m.key.Load() != key {
		m.others.Add(1)
	}
}

// Counted is what a Meter has counted.
type Counted struct {
	Bytes, Records int64
	// Others are the records of other keys than the first. When nearly all are
	// of one key, the first most likely is of that one.
	Others int64
}

// Mixed reports whether a split would take something off the shard: more than a
// tenth of the records are of other keys than the first.
func (c Counted) Mixed() bool { return c.Others*10 > c.Records }

// Take returns what was counted since the last Take. A record that is counted
// meanwhile may be in part in this one and in part in the next.
func (m *Meter) Take() Counted {
	c := Counted{m.bytes.Swap(0), m.records.Swap(0), m.others.Swap(0)}
	m.key.Store(0)
	return c
}
