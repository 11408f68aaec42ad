package disklog

import (
	"context"
	"testing"
	"time"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// openTest opens a log in the folder "data" of the options' file system, or in
// dir when it is not empty, and closes it with the test.
func openTest(t testing.TB, dir string, o Options) *Log {
	t.Helper()
	if dir == "" {
		dir = "data"
	}
	log, err := Open(dir, machines(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func machines() map[string]storage.Machine {
	return map[string]storage.Machine{"catalog": &storagetest.Catalog{}}
}

func propose(t testing.TB, log *Log, c storagetest.Command) {
	t.Helper()
	if _, err := log.Propose(context.Background(), "catalog", c.Encode()); err != nil {
		t.Fatal(err)
	}
}

// openShards opens the first n shard logs of stream 1.
func openShards(t testing.TB, log *Log, n int) {
	t.Helper()
	var c storagetest.Command
	for i := range n {
		c.Open = append(c.Open, storage.ShardKey{Stream: 1, Shard: uint32(i)})
	}
	propose(t, log, c)
}

// appendOne appends a record of that many bytes to a shard of stream 1.
func appendOne(log *Log, shard uint32, bytes int) error {
	return log.Append(context.Background(), &storage.Batch{Stream: 1, Records: []storage.Record{
		{Shard: shard, PartitionKey: []byte("key"), Data: make([]byte, bytes)},
	}})
}

// mustAppend is appendOne for when nothing may go wrong.
func mustAppend(t testing.TB, log *Log, shard uint32, bytes int) {
	t.Helper()
	if err := appendOne(log, shard, bytes); err != nil {
		t.Fatal(err)
	}
}

// count returns how many records of the shard can be read.
func count(t testing.TB, log *Log, shard uint32) int {
	t.Helper()
	key := storage.ShardKey{Stream: 1, Shard: shard}
	b, err := log.Bounds(key)
	if err != nil {
		t.Fatal(err)
	}
	found, err := readAll(log, key, b)
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// eventually waits until the condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never comes to this: %s", what)
		}
	}
}
