package storagetest

import (
	"fmt"
	"sort"

	"github.com/leat-io/leat/storage"
)

// model is what the contract says a log holds, in the plainest form: every
// record ever appended, by shard log.
type model struct {
	shards map[storage.ShardKey]*modelShard
}

// modelShard is one existing shard log.
type modelShard struct {
	records []storage.Record
	// first is the offset below which records may have been given up.
	first  storage.Offset
	closed bool
}

func (s *modelShard) next() storage.Offset { return storage.Offset(len(s.records)) }

func (s *modelShard) lastMillis() int64 {
	if len(s.records) == 0 {
		return 0
	}
	return s.records[len(s.records)-1].ArrivalMillis
}

// offsetAt returns the offset of the first record that arrived at or after
// millis, trimmed or not.
func (s *modelShard) offsetAt(millis int64) storage.Offset {
	return storage.Offset(sort.Search(len(s.records), func(i int) bool { return s.records[i].ArrivalMillis >= millis }))
}

// append stores the batch at that time, sets each record's Offset and
// ArrivalMillis, and returns nil; or it returns the errors that the batch may
// be refused with.
func (m *model) append(b *storage.Batch, nowMillis int64) (refused []error) {
	for _, r := range b.Records {
		switch s := m.shards[storage.ShardKey{Stream: b.Stream, Shard: r.Shard}]; {
		case s == nil:
			refused = append(refused, storage.ErrNotFound)
		case s.closed:
			refused = append(refused, storage.ErrClosed)
		}
	}
	if refused != nil {
		return refused
	}
	for i := range b.Records {
		r := &b.Records[i]
		s := m.shards[storage.ShardKey{Stream: b.Stream, Shard: r.Shard}]
		r.Offset = s.next()
		r.ArrivalMillis = max(nowMillis, s.lastMillis())
		s.records = append(s.records, *r)
	}
	return nil
}

// trim lets go of what arrived before millis, of what is there now.
func (m *model) trim(id storage.StreamID, millis int64) {
	for key, s := range m.shards {
		if key.Stream == id {
			s.first = max(s.first, s.offsetAt(millis))
		}
	}
}

// command does what a Catalog's command does to shard logs, given that those
// it opens are new and the others exist.
func (m *model) command(c *Command) {
	for _, key := range c.Open {
		m.shards[key] = &modelShard{}
	}
	for _, key := range c.Close {
		m.shards[key].closed = true
	}
	for _, key := range c.Delete {
		delete(m.shards, key)
	}
	for _, id := range c.DeleteStreams {
		for key := range m.shards {
			if key.Stream == id {
				delete(m.shards, key)
			}
		}
	}
}

// keys returns the existing shard logs that want accepts, in order, so that a
// random choice among them depends on nothing but its seed.
func (m *model) keys(want func(storage.ShardKey, *modelShard) bool) (keys []storage.ShardKey) {
	for key, s := range m.shards {
		if want(key, s) {
			keys = append(keys, key)
		}
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].Stream != keys[j].Stream {
			return keys[i].Stream < keys[j].Stream
		}
		return keys[i].Shard < keys[j].Shard
	})
	return keys
}

// checkPage describes what is wrong with the result of a read, when something
// is. The engine's First was at least atLeast before the read.
func (s *modelShard) checkPage(req storage.ReadRequest, atLeast storage.Offset, res *storage.ReadResult) string {
	from := max(req.From, s.offsetAt(req.NotBeforeMillis))
	low, high := max(from, atLeast), max(from, s.first)
	n := storage.Offset(len(res.Records))
	start := res.Next - n
	if res.Next < n || start < low || start > high {
		return fmt.Sprintf("%d records until Next %d, want them to start between %d and %d", n, res.Next, low, high)
	}
	if n == 0 && start < s.next() {
		return fmt.Sprintf("no records at %d, there are %d", start, s.next())
	}
	if n > 0 {
		if res.Next > s.next() {
			return fmt.Sprintf("%d records until Next %d, there are %d", n, res.Next, s.next())
		}
		if diff := difference(res.Records, s.records[start:res.Next]); diff != "" {
			return diff
		}
	}
	bytes := 0
	for _, r := range res.Records {
		bytes += len(r.PartitionKey) + len(r.Data)
	}
	if n > 1 && (int(n) > req.MaxRecords || bytes > req.MaxBytes) {
		return fmt.Sprintf("%d records of %d bytes exceed the limits", n, bytes)
	}
	var millis int64
	if res.Next < s.next() {
		millis = s.records[res.Next].ArrivalMillis
	}
	if res.NextMillis != millis {
		return fmt.Sprintf("NextMillis %d at %d, want %d", res.NextMillis, res.Next, millis)
	}
	return ""
}
