package catalog

import (
	"io"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

const manyShards = 10_000

func createMany(c *Catalog) *Stream {
	cmd := &CreateStream{Ref: orders, Mode: types.StreamModeProvisioned, Shards: manyShards, MaxRecordKiB: 1024}
	var e storage.Effects
	c.Apply(Encode(cmd, Terms{AtMillis: t0}), &e)
	x, _ := c.Stream(orders.Account, orders.Region, orders.Name)
	return x
}

// The catalog's share of an idle shard is small, as each has its place in the
// engine too.
func TestMemoryOfAShard(t *testing.T) {
	var before, after runtime.MemStats
	c := New()
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := createMany(c)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if perShard := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / manyShards; perShard > 300 {
		t.Errorf("%d bytes a shard", perShard)
	}
	if len(x.Open()) != manyShards {
		t.Errorf("%d shards", len(x.Open()))
	}
	runtime.KeepAlive(c)
}

func BenchmarkCreateManyShards(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		createMany(New())
	}
}

func BenchmarkSplitOneOfMany(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		b.StopTimer()
		c := New()
		x := createMany(c)
		cmd := &SplitShard{Ref: orders, Shard: 77, NewStartingHashKey: middle(x.Shards[77].Range).String()}
		command := Encode(cmd, Terms{AtMillis: t0})
		b.StartTimer()
		var e storage.Effects
		c.Apply(command, &e)
	}
}

func BenchmarkSnapshotManyShards(b *testing.B) {
	c := New()
	createMany(c)
	b.ReportAllocs()
	for range b.N {
		if err := c.Snapshot()(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	x := createMany(New())
	b.ReportAllocs()
	for i := range b.N {
		x.Route(x.Shards[i*7919%manyShards].Range.End)
	}
}
