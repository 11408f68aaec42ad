package storagetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/storage"
)

// Compare runs random histories of appends, commands, trims, reads and clock
// steps on all the engines, and fails unless each gives the answers of a plain
// model: the same offsets, arrival times, bytes, results and errors. Durable
// engines are also closed and opened again.
//
// No batch is larger than 128 KiB, so that engines can be given tiny limits.
//
// Where the contract leaves a choice, so does Compare: how many records a read
// returns within its limits, and how long a trimmed record can still be read.
//
// A history follows from its seed, which a failure prints; -rapid.seed runs it
// again, -rapid.checks and -rapid.steps say how many there are and how long.
func Compare(t *testing.T, engines ...Engine) {
	root := t.TempDir()
	histories := 0
	rapid.Check(t, func(r *rapid.T) {
		histories++ // unique also while a failing history is being shrunk
		h := newHistory(r, filepath.Join(root, fmt.Sprint(histories)), engines)
		defer h.close()
		r.Repeat(map[string]func(*rapid.T){
			"":              h.checkBounds,
			"append":        h.append,
			"append again":  h.append,
			"append more":   h.appendMany,
			"open stream":   h.openStream,
			"reshard":       h.reshard,
			"set value":     h.setValue,
			"delete shard":  h.deleteShard,
			"delete stream": h.deleteStream,
			"trim":          h.trim,
			"read":          h.read,
			"read again":    h.read,
			"read all":      h.readAll,
			"offset at":     h.offsetAt,
			"wait":          h.wait,
			"step clock":    h.stepClock,
			"reopen":        h.reopen,
		})
		h.checkAll(r)
	})
}

// history is one run of the same calls on several engines and on the model.
type history struct {
	model   model
	clock   *Clock
	logs    []*subject
	streams storage.StreamID            // ids handed out
	shards  map[storage.StreamID]uint32 // next shard index of each
	catalog Catalog                     // what the engines' catalogs must be
	records int                         // appended, to make each different
	ctx     context.Context             // never ends
}

// subject is one engine in a history.
type subject struct {
	engine  Engine
	dir     string
	catalog *Catalog
	log     storage.Log
	result  storage.ReadResult // reused
}

func newHistory(t *rapid.T, dir string, engines []Engine) *history {
	h := &history{
		model:  model{make(map[storage.ShardKey]*modelShard)},
		clock:  NewClock(),
		shards: make(map[storage.StreamID]uint32),
		ctx:    context.Background(),
	}
	for i, e := range engines {
		s := &subject{engine: e, dir: filepath.Join(dir, fmt.Sprint(i))}
		if err := os.MkdirAll(s.dir, 0o777); err != nil {
			t.Fatal(err)
		}
		h.open(t, s)
		h.logs = append(h.logs, s)
	}
	h.openStream(t)
	return h
}

func (h *history) open(t *rapid.T, s *subject) {
	s.catalog = &Catalog{}
	log, err := s.engine.Open(s.dir, h.clock, map[string]storage.Machine{catalogName: s.catalog})
	if err != nil {
		t.Fatalf("%s: open: %v", s.engine.Name, err)
	}
	s.log = log
}

// close ends the logs. Errors were of interest in reopen.
func (h *history) close() {
	for _, s := range h.logs {
		s.log.Close()
	}
}

// reopen closes the durable engines and opens them again.
func (h *history) reopen(t *rapid.T) {
	for _, s := range h.logs {
		if !s.engine.Durable {
			continue
		}
		if err := s.log.Close(); err != nil {
			t.Fatalf("%s: close: %v", s.engine.Name, err)
		}
		h.open(t, s)
	}
	h.checkAll(t)
}

// propose gives the command to every engine's catalog and to the model.
func (h *history) propose(t *rapid.T, c Command) {
	want := h.catalog.Apply(c.Encode(), &storage.Effects{})
	h.model.command(&c)
	for _, s := range h.logs {
		got, err := s.log.Propose(h.ctx, catalogName, c.Encode())
		if err != nil || got != want {
			t.Fatalf("%s: propose %+v: %+v, %v, want %+v", s.engine.Name, c, got, err, want)
		}
	}
}

// checkBounds compares what every shard log says that it holds.
func (h *history) checkBounds(t *rapid.T) {
	for _, key := range h.model.keys(anyShard) {
		for _, s := range h.logs {
			h.bounds(t, s, key)
		}
	}
}

// bounds returns the engine's bounds of the shard log after checking them.
func (h *history) bounds(t *rapid.T, s *subject, key storage.ShardKey) storage.Bounds {
	want := h.model.shards[key]
	got, err := s.log.Bounds(key)
	if err != nil {
		t.Fatalf("%s: bounds of %v: %v", s.engine.Name, key, err)
	}
	if got.First > want.first || got.Next != want.next() || got.LastMillis != want.lastMillis() || got.Closed != want.closed {
		t.Fatalf("%s: bounds of %v are %+v, want First at most %d, Next %d, LastMillis %d, Closed %v",
			s.engine.Name, key, got, want.first, want.next(), want.lastMillis(), want.closed)
	}
	return got
}

// checkAll compares everything there is.
func (h *history) checkAll(t *rapid.T) {
	h.checkBounds(t)
	for _, s := range h.logs {
		if got := s.catalog.State(); got != h.catalog.State() {
			t.Fatalf("%s: the catalog is %s, want %s", s.engine.Name, got, h.catalog.State())
		}
		for _, key := range h.model.keys(anyShard) {
			h.readToEnd(t, s, storage.ReadRequest{Key: key, MaxRecords: 10_000, MaxBytes: 1 << 20})
		}
		for id, next := range h.shards {
			for shard := range next + 1 {
				key := storage.ShardKey{Stream: id, Shard: shard}
				if _, err := s.log.Bounds(key); h.model.shards[key] == nil && !errors.Is(err, storage.ErrNotFound) {
					t.Fatalf("%s: bounds of %v, which does not exist: %v", s.engine.Name, key, err)
				}
			}
		}
	}
}

// readToEnd reads from the request's start to the tip and compares each page.
func (h *history) readToEnd(t *rapid.T, s *subject, req storage.ReadRequest) {
	for {
		h.readPage(t, s, req)
		if len(s.result.Records) == 0 {
			return
		}
		req.From = s.result.Next
	}
}

// readPage reads into s.result and compares it with the model.
func (h *history) readPage(t *rapid.T, s *subject, req storage.ReadRequest) {
	m := h.model.shards[req.Key]
	b := h.bounds(t, s, req.Key)
	if err := s.log.Read(h.ctx, req, &s.result); err != nil {
		t.Fatalf("%s: read %+v: %v", s.engine.Name, req, err)
	}
	if problem := m.checkPage(req, b.First, &s.result); problem != "" {
		t.Fatalf("%s: read %+v: %s", s.engine.Name, req, problem)
	}
}

func anyShard(storage.ShardKey, *modelShard) bool { return true }
