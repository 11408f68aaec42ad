package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

const (
	// maxStreams bounds how many streams a history has at a time.
	maxStreams = 5
	// maxBatchBytes bounds a batch with all that an engine may add to it.
	maxBatchBytes = 128 << 10
)

// pick draws one of the existing shard logs that want accepts, and skips the
// action when there is none.
func (h *history) pick(t *rapid.T, want func(storage.ShardKey, *modelShard) bool) storage.ShardKey {
	keys := h.model.keys(want)
	if len(keys) == 0 {
		t.Skip("no such shard log")
	}
	return rapid.SampledFrom(keys).Draw(t, "shard log")
}

func openShard(_ storage.ShardKey, s *modelShard) bool { return !s.closed }

// newShards returns keys of n shard logs that never existed.
func (h *history) newShards(id storage.StreamID, n int) (keys []storage.ShardKey) {
	for range n {
		keys = append(keys, storage.ShardKey{Stream: id, Shard: h.shards[id]})
		h.shards[id]++
	}
	return keys
}

func (h *history) openStream(t *rapid.T) {
	live := make(map[storage.StreamID]bool)
	for key := range h.model.shards {
		live[key.Stream] = true
	}
	if len(live) >= maxStreams {
		t.Skip("enough streams")
	}
	h.streams++
	c := Command{Open: h.newShards(h.streams, rapid.IntRange(1, 4).Draw(t, "shards"))}
	if days := rapid.IntRange(0, 400).Draw(t, "retention in days"); days > 0 {
		c.Retain = []storage.Retain{{Stream: h.streams, Period: time.Duration(days) * 24 * time.Hour}}
	}
	h.propose(t, c)
}

// reshard closes a shard log and opens one or two others, or none.
func (h *history) reshard(t *rapid.T) {
	parent := h.pick(t, openShard)
	children := h.newShards(parent.Stream, rapid.IntRange(0, 2).Draw(t, "children"))
	h.propose(t, Command{Close: []storage.ShardKey{parent}, Open: children})
}

func (h *history) setValue(t *rapid.T) {
	h.propose(t, Command{Value: rapid.StringN(1, 20, -1).Draw(t, "value")})
}

func (h *history) deleteShard(t *rapid.T) {
	closed := func(_ storage.ShardKey, s *modelShard) bool { return s.closed }
	h.propose(t, Command{Delete: []storage.ShardKey{h.pick(t, closed)}})
}

func (h *history) deleteStream(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "spare it") > 0 {
		t.Skip("kept, so that streams have time to grow")
	}
	h.propose(t, Command{DeleteStreams: []storage.StreamID{h.pick(t, anyShard).Stream}})
}

// append appends a few records to shard logs of one stream, now and then to
// one that is closed or was never opened.
func (h *history) append(t *rapid.T) {
	id := h.pick(t, anyShard).Stream
	shards := h.model.keys(func(key storage.ShardKey, s *modelShard) bool { return key.Stream == id && !s.closed })
	if len(shards) == 0 || rapid.IntRange(0, 9).Draw(t, "any shard") == 0 {
		shards = nil
		for shard := range h.shards[id] + 1 {
			shards = append(shards, storage.ShardKey{Stream: id, Shard: shard})
		}
	}
	b := storage.Batch{Stream: id}
	for range rapid.IntRange(1, 6).Draw(t, "records") {
		key := rapid.SampledFrom(shards).Draw(t, "shard")
		b.Records = append(b.Records, h.newRecord(key.Shard, rapid.IntRange(0, 3000).Draw(t, "bytes")))
	}
	h.appendBatch(t, &b)
}

// appendMany fills a shard log with records of one size.
func (h *history) appendMany(t *rapid.T) {
	key := h.pick(t, openShard)
	size := rapid.SampledFrom([]int{0, 100, 1000, 20_000}).Draw(t, "bytes")
	b := storage.Batch{Stream: key.Stream}
	for range rapid.IntRange(1, min(50, maxBatchBytes/(size+100))).Draw(t, "records") {
		b.Records = append(b.Records, h.newRecord(key.Shard, size))
	}
	h.appendBatch(t, &b)
}

// newRecord returns a record unlike all others.
func (h *history) newRecord(shard uint32, size int) storage.Record {
	h.records++
	r := storage.Record{Shard: shard, PartitionKey: fmt.Append(nil, "key ", h.records%7)}
	if text := fmt.Append(nil, h.records, " "); size > 0 {
		r.Data = bytes.Repeat(text, 1+size/len(text))[:size]
	}
	if h.records%5 == 0 {
		r = explicit(r, stream.HashKey{Hi: uint64(h.records), Lo: ^uint64(h.records)})
	}
	if h.records%3 == 0 {
		r = sealed(r, uint32(h.records))
	}
	return r
}

// appendBatch appends a copy of b by every engine, and compares.
func (h *history) appendBatch(t *rapid.T, b *storage.Batch) {
	given := clone(b.Records)
	refused := h.model.append(b, h.clock.Millis())
	for _, s := range h.logs {
		mine := storage.Batch{Stream: b.Stream, Records: clone(given)}
		err := s.log.Append(h.ctx, &mine)
		if refused != nil {
			if !isAny(err, refused) {
				t.Fatalf("%s: append: %v, want one of %v", s.engine.Name, err, refused)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: append: %v", s.engine.Name, err)
		}
		if diff := difference(mine.Records, b.Records); diff != "" {
			t.Fatalf("%s: append: %s", s.engine.Name, diff)
		}
		for _, r := range mine.Records { // the engine must not notice
			scribble(r.PartitionKey)
			scribble(r.Data)
		}
	}
}

func isAny(err error, targets []error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// drawMillis draws a time around those of the shard log's records.
func (h *history) drawMillis(t *rapid.T, s *modelShard) int64 {
	millis := h.clock.Millis()
	if len(s.records) > 0 && rapid.Bool().Draw(t, "arrival of a record") {
		millis = s.records[rapid.IntRange(0, len(s.records)-1).Draw(t, "record")].ArrivalMillis
	}
	return millis + rapid.Int64Range(-1, 1).Draw(t, "off by")
}

func (h *history) trim(t *rapid.T) {
	key := h.pick(t, anyShard)
	millis := h.drawMillis(t, h.model.shards[key])
	h.model.trim(key.Stream, millis)
	for _, s := range h.logs {
		if err := s.log.Trim(h.ctx, key.Stream, millis); err != nil {
			t.Fatalf("%s: trim: %v", s.engine.Name, err)
		}
	}
}

// read reads a page anywhere in a shard log.
func (h *history) read(t *rapid.T) {
	req := storage.ReadRequest{Key: h.pick(t, anyShard)}
	m := h.model.shards[req.Key]
	req.From = storage.Offset(rapid.IntRange(0, len(m.records)+2).Draw(t, "from"))
	req.MaxRecords = rapid.IntRange(0, 100).Draw(t, "max records")
	req.MaxBytes = rapid.IntRange(0, 100_000).Draw(t, "max bytes")
	if rapid.Bool().Draw(t, "by time") {
		req.NotBeforeMillis = h.drawMillis(t, m)
	}
	for _, s := range h.logs {
		h.readPage(t, s, req)
	}
}

// readAll reads a shard log in small pages.
func (h *history) readAll(t *rapid.T) {
	req := storage.ReadRequest{Key: h.pick(t, anyShard), MaxRecords: rapid.IntRange(5, 50).Draw(t, "max records"), MaxBytes: 50_000}
	for _, s := range h.logs {
		h.readToEnd(t, s, req)
	}
}

func (h *history) offsetAt(t *rapid.T) {
	key := h.pick(t, anyShard)
	m := h.model.shards[key]
	millis := h.drawMillis(t, m)
	at := m.offsetAt(millis)
	for _, s := range h.logs {
		low, high := max(at, h.bounds(t, s, key).First), max(at, m.first)
		got, err := s.log.OffsetAt(h.ctx, key, millis)
		if err != nil || got < low || got > high {
			t.Fatalf("%s: offset of %v at %d: %d, %v, want %d to %d", s.engine.Name, key, millis, got, err, low, high)
		}
	}
}

// wait waits for a record that is there, or with a context that is over.
func (h *history) wait(t *rapid.T) {
	key := h.pick(t, anyShard)
	m := h.model.shards[key]
	over, cancel := context.WithCancel(h.ctx)
	cancel()
	for _, s := range h.logs {
		if m.first < m.next() || m.closed {
			if err := s.log.Wait(h.ctx, key, m.next()-1); err != nil {
				t.Fatalf("%s: wait for the last record of %v: %v", s.engine.Name, key, err)
			}
		}
		if !m.closed {
			if err := s.log.Wait(over, key, m.next()); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: wait for the next record of %v: %v", s.engine.Name, key, err)
			}
		}
	}
}

// stepClock moves the clock, mostly forward and by little.
func (h *history) stepClock(t *rapid.T) {
	by := rapid.SampledFrom([]time.Duration{
		time.Millisecond, 10 * time.Millisecond, time.Second, time.Minute, 25 * time.Hour, -time.Millisecond, -time.Hour,
	}).Draw(t, "by")
	h.clock.Step(by)
}
