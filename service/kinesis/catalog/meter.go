package catalog

import "sync/atomic"

// Meter counts what is put into a shard of an on-demand stream. It is no part
// of the shard's definition: it stands beside it, the same in all versions of
// the stream, so that a put finds it without looking for it. Its methods may be
// called concurrently.
type Meter struct {
	bytes, records atomic.Int64
	// key is the first key that was counted, 0 when none was; mixed says that
	// there was another.
	key   atomic.Uint64
	mixed atomic.Bool
}

// Count counts one record of so many bytes, its partition key included. Records
// of one key are to give the same number, those of others most likely another.
func (m *Meter) Count(bytes int, key uint64) {
	m.bytes.Add(int64(bytes))
	m.records.Add(1)
	if m.mixed.Load() {
		return
	}
	key |= 1 // 0 is taken
	if !m.key.CompareAndSwap(0, key) && m.key.Load() != key {
		m.mixed.Store(true)
	}
}

// Counted is what a Meter has counted.
type Counted struct {
	Bytes, Records int64
	Mixed          bool // more than one key
}

// Take returns what was counted since the last Take. A record that is counted
// meanwhile may be in part in this one and in part in the next.
func (m *Meter) Take() Counted {
	c := Counted{m.bytes.Swap(0), m.records.Swap(0), m.mixed.Swap(false)}
	m.key.Store(0)
	return c
}
