package disklog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// replica returns a catalog that has seen the commands.
func replica(commands [][]byte) *storagetest.Catalog {
	c := &storagetest.Catalog{}
	for _, command := range commands {
		c.Apply(command, &storage.Effects{})
	}
	return c
}

// takeStatusLocked notes what the catalog says about the shard logs.
func (w *world) takeStatusLocked(c *storagetest.Catalog) {
	var state struct{ Shards map[string]string }
	if err := json.Unmarshal([]byte(c.State()), &state); err != nil {
		panic(err)
	}
	for key, f := range w.shards {
		f.status = state.Shards[key.String()]
	}
}

// check compares a log that was opened again with what is known.
func (w *world) check(log *Log, catalog *storagetest.Catalog) error {
	if w.inFlight != nil && catalog.State() == replica(append(slices.Clone(w.commands), w.inFlight)).State() {
		w.commands = append(w.commands, w.inFlight)
	}
	w.inFlight = nil
	known := replica(w.commands)
	if got, want := catalog.State(), known.State(); got != want {
		return fmt.Errorf("machine has state %s, want %s", got, want)
	}
	w.takeStatusLocked(known)
	for key, f := range w.shards {
		if f.status == "" {
			delete(w.shards, key) // the command that opened it is lost
			continue
		}
		if err := w.checkShard(log, key, f); err != nil {
			return fmt.Errorf("shard log %v, %s: %w", key, f.status, err)
		}
	}
	w.lossy = false
	return nil
}

func (w *world) checkShard(log *Log, key storage.ShardKey, f *facts) error {
	b, err := log.Bounds(key)
	if f.status == "deleted" {
		if !errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("deleted shard log has bounds %+v, error %v", b, err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if b.Closed != (f.status == "closed") {
		return fmt.Errorf("bounds are %+v", b)
	}
	found, err := readAll(log, key, b)
	if err != nil {
		return err
	}
	for offset, r := range f.stored {
		switch got, ok := found[offset]; {
		case ok && got != r:
			return fmt.Errorf("offset %d has %.60q at %d, acknowledged was %.60q at %d", offset, got.data, got.millis, r.data, r.millis)
		case !ok && offset >= b.Next && w.lossy:
		case !ok && offset >= b.First:
			return fmt.Errorf("offset %d is gone, acknowledged was %.60q; bounds %+v", offset, r.data, b)
		case !ok && r.millis >= f.trimmed:
			return fmt.Errorf("offset %d of %d is trimmed, trims were up to %d; bounds %+v", offset, r.millis, f.trimmed, b)
		}
	}
	for offset, r := range found {
		if _, ok := f.stored[offset]; !ok && !f.maybe[r.data] {
			return fmt.Errorf("offset %d has %.60q, which was not appended or was found lost before", offset, r.data)
		}
		delete(f.maybe, r.data)
	}
	f.stored = found
	clear(f.maybe)
	return nil
}

// readAll reads the shard log to its end in pages of changing size.
func readAll(log *Log, key storage.ShardKey, b storage.Bounds) (map[storage.Offset]fact, error) {
	found := make(map[storage.Offset]fact)
	var res storage.ReadResult
	var millis int64
	next := b.First
	for page := 1; ; page = page*3%17 + 1 {
		err := log.Read(context.Background(), storage.ReadRequest{Key: key, From: next, MaxRecords: page, MaxBytes: 4000}, &res)
		if err != nil {
			return nil, err
		}
		if len(res.Records) == 0 {
			break
		}
		for _, r := range res.Records {
			if r.Offset != next || r.ArrivalMillis < millis {
				return nil, fmt.Errorf("offset %d at %d follows on %d at %d", r.Offset, r.ArrivalMillis, next, millis)
			}
			found[r.Offset] = fact{string(r.Data), r.ArrivalMillis}
			next, millis = r.Offset+1, r.ArrivalMillis
		}
	}
	if next != b.Next || millis > b.LastMillis {
		return nil, fmt.Errorf("read up to %d, %v, bounds are %+v", next, slices.Sorted(maps.Keys(found)), b)
	}
	return found, nil
}
