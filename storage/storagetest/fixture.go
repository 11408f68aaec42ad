package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// The machines of every log that the suite opens.
const (
	catalogName = "catalog"
	otherName   = "other"
)

// patience is how long the suite waits for what must happen soon, before it
// says that it does not. It is long since a machine may be busy.
const patience = time.Minute

// fixture is an open log with its surroundings.
type fixture struct {
	*testing.T
	engine  Engine
	dir     string
	clock   *Clock
	catalog *Catalog
	other   *Catalog
	log     storage.Log
	ctx     context.Context // ends after patience
}

func newFixture(t *testing.T, e Engine) *fixture {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	f := &fixture{T: t, engine: e, dir: t.TempDir(), clock: NewClock(), ctx: ctx}
	f.start()
	t.Cleanup(func() {
		defer cancel()
		if err := f.log.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return f
}

// start opens the log with machines that know nothing.
func (f *fixture) start() {
	f.Helper()
	f.catalog, f.other = &Catalog{}, &Catalog{}
	log, err := f.engine.Open(f.dir, f.clock, map[string]storage.Machine{catalogName: f.catalog, otherName: f.other})
	if err != nil {
		f.Fatalf("open: %v", err)
	}
	f.log = log
}

// reopen closes the log and opens it again.
func (f *fixture) reopen() {
	f.Helper()
	if err := f.log.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
	f.start()
}

// propose gives a command to the catalog.
func (f *fixture) propose(c Command) Result {
	f.Helper()
	result, err := f.log.Propose(f.ctx, catalogName, c.Encode())
	if err != nil {
		f.Fatalf("propose %+v: %v", c, err)
	}
	return result.(Result)
}

// open opens n shard logs of the stream and returns their keys.
func (f *fixture) open(id storage.StreamID, n int) []storage.ShardKey {
	f.Helper()
	keys := make([]storage.ShardKey, n)
	for i := range keys {
		keys[i] = storage.ShardKey{Stream: id, Shard: uint32(i)}
	}
	f.propose(Command{Open: keys})
	return keys
}

// append appends copies of the records and returns them as they were stored.
// The bytes that the log was given are overwritten afterwards, as a caller may.
func (f *fixture) append(id storage.StreamID, records ...storage.Record) []storage.Record {
	f.Helper()
	given := clone(records)
	if err := f.log.Append(f.ctx, &storage.Batch{Stream: id, Records: given}); err != nil {
		f.Fatalf("append %d records to stream %d: %v", len(records), id, err)
	}
	stored := clone(records)
	for i, r := range given {
		stored[i].Offset, stored[i].ArrivalMillis = r.Offset, r.ArrivalMillis
		scribble(r.PartitionKey)
		scribble(r.Data)
	}
	return stored
}

// appendOne appends a record with this text to the shard log.
func (f *fixture) appendOne(key storage.ShardKey, text string) storage.Record {
	f.Helper()
	return f.append(key.Stream, record(key.Shard, text))[0]
}

// fill appends n records of about size bytes, one batch each, a millisecond
// apart.
func (f *fixture) fill(key storage.ShardKey, n, size int) (stored []storage.Record) {
	f.Helper()
	for i := range n {
		text := fmt.Sprintf("%v record %d %s", key, i, bytes.Repeat([]byte{'x'}, size))
		stored = append(stored, f.appendOne(key, text))
		f.clock.Step(time.Millisecond)
	}
	return stored
}

// read reads into a new result.
func (f *fixture) read(req storage.ReadRequest) *storage.ReadResult {
	f.Helper()
	var res storage.ReadResult
	if err := f.log.Read(f.ctx, req, &res); err != nil {
		f.Fatalf("read %+v: %v", req, err)
	}
	return &res
}

// readAll reads the shard log from its start to its tip, and checks that each
// page continues the one before.
func (f *fixture) readAll(key storage.ShardKey) (all []storage.Record) {
	f.Helper()
	req := storage.ReadRequest{Key: key, MaxRecords: 1000, MaxBytes: 1 << 20}
	for {
		res := f.read(req)
		all = append(all, res.Records...)
		if len(res.Records) == 0 {
			return all
		}
		req.From = res.Next
	}
}

// bounds returns the shard log's bounds.
func (f *fixture) bounds(key storage.ShardKey) storage.Bounds {
	f.Helper()
	b, err := f.log.Bounds(key)
	if err != nil {
		f.Fatalf("bounds of %v: %v", key, err)
	}
	return b
}

// offsetAt returns the log's answer.
func (f *fixture) offsetAt(key storage.ShardKey, millis int64) storage.Offset {
	f.Helper()
	o, err := f.log.OffsetAt(f.ctx, key, millis)
	if err != nil {
		f.Fatalf("offset of %v at %d: %v", key, millis, err)
	}
	return o
}

// expect fails the test unless the records are the same in all they carry.
func (f *fixture) expect(got, want []storage.Record) {
	f.Helper()
	if diff := difference(got, want); diff != "" {
		f.Fatal(diff)
	}
}

// record returns a record for the shard whose key and data derive from text.
func record(shard uint32, text string) storage.Record {
	return storage.Record{Shard: shard, PartitionKey: []byte("key of " + text), Data: []byte(text)}
}

// clone returns records that share no bytes with the given ones.
func clone(records []storage.Record) []storage.Record {
	out := make([]storage.Record, len(records))
	for i, r := range records {
		r.PartitionKey = bytes.Clone(r.PartitionKey)
		r.Data = bytes.Clone(r.Data)
		out[i] = r
	}
	return out
}

func scribble(b []byte) {
	for i := range b {
		b[i] = '#'
	}
}

// difference describes the first difference between records, and is empty when
// there is none.
func difference(got, want []storage.Record) string {
	for i := range min(len(got), len(want)) {
		if !same(&got[i], &want[i]) {
			return fmt.Sprintf("record %d is %s, want %s", i, describe(&got[i]), describe(&want[i]))
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d records, want %d", len(got), len(want))
	}
	return ""
}

func same(a, b *storage.Record) bool {
	return a.Shard == b.Shard && a.Offset == b.Offset && a.ArrivalMillis == b.ArrivalMillis && a.KeyVersion == b.KeyVersion &&
		a.HasExplicitHashKey == b.HasExplicitHashKey &&
		(!a.HasExplicitHashKey || a.ExplicitHashKey == b.ExplicitHashKey) &&
		bytes.Equal(a.PartitionKey, b.PartitionKey) && bytes.Equal(a.Data, b.Data)
}

func describe(r *storage.Record) string {
	hash := "none"
	if r.HasExplicitHashKey {
		hash = r.ExplicitHashKey.String()
	}
	return fmt.Sprintf("shard %d offset %d arrival %d key version %d hash key %s key %.40q (%d B) data %.40q (%d B)",
		r.Shard, r.Offset, r.ArrivalMillis, r.KeyVersion, hash, r.PartitionKey, len(r.PartitionKey), r.Data, len(r.Data))
}

// sealed returns the record with a key version.
func sealed(r storage.Record, version uint32) storage.Record {
	r.KeyVersion = version
	return r
}

// explicit returns the record with an explicit hash key.
func explicit(r storage.Record, k stream.HashKey) storage.Record {
	r.HasExplicitHashKey, r.ExplicitHashKey = true, k
	return r
}
