package disklog

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/journal"
	"github.com/leat-io/leat/storage/storagetest"
)

// shapes are the batches of the benchmarks.
var shapes = []struct {
	name         string
	records, len int
}{
	{"500x100B", 500, 100},
	{"500x1KiB", 500, 1 << 10},
	{"150x25KiB", 150, 25 << 10},
}

// BenchmarkAppend reports records and payload bytes per second through the
// whole engine. BenchmarkJournal is its reference: commits of as many bytes
// straight into a journal.
func BenchmarkAppend(b *testing.B) {
	for _, shape := range shapes {
		for _, appenders := range []int{1, 16} {
			for _, shards := range []int{1, 16, 1024} {
				name := fmt.Sprintf("%s/appenders=%d/shards=%d", shape.name, appenders, shards)
				b.Run(name, func(b *testing.B) { benchmarkAppend(b, shape.records, shape.len, appenders, shards) })
			}
		}
	}
}

func benchmarkAppend(b *testing.B, records, length, appenders, shards int) {
	log := openBench(b, shards)
	b.SetBytes(int64(records * length))
	b.SetParallelism((appenders + 1) / 2)
	var serial atomic.Uint32
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		batch := benchBatch(records, length)
		n := serial.Add(uint32(records))
		for pb.Next() {
			for i := range batch.Records {
				batch.Records[i].Shard = n % uint32(shards)
				n++
			}
			if err := log.Append(context.Background(), batch); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)*float64(records)/b.Elapsed().Seconds(), "records/s")
	s := log.Stats()
	b.ReportMetric(float64(s.CommitTime/time.Duration(s.Commits))/1e3, "µs/commit")
}

func openBench(b *testing.B, shards int) *Log {
	log, err := Open(b.TempDir(), map[string]storage.Machine{"catalog": &storagetest.Catalog{}}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := log.Close(); err != nil {
			b.Error(err)
		}
	})
	var c storagetest.Command
	for i := range shards {
		c.Open = append(c.Open, storage.ShardKey{Stream: 1, Shard: uint32(i)})
	}
	if _, err := log.Propose(context.Background(), "catalog", c.Encode()); err != nil {
		b.Fatal(err)
	}
	return log
}

func benchBatch(records, length int) *storage.Batch {
	b := &storage.Batch{Stream: 1}
	for i := range records {
		b.Records = append(b.Records, storage.Record{
			PartitionKey: fmt.Appendf(nil, "host-%03d", i), Data: make([]byte, length),
		})
	}
	return b
}

// BenchmarkJournal commits what one batch of BenchmarkAppend takes.
func BenchmarkJournal(b *testing.B) {
	for _, shape := range shapes {
		b.Run(shape.name, func(b *testing.B) {
			j, err := journal.Open(journal.Options{Dir: b.TempDir(), Create: true, Direct: true}, 0, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			buf := j.NewBuffer()
			payload := make([]byte, shape.records*(shape.len+40))
			b.SetBytes(int64(shape.records * shape.len))
			b.ResetTimer()
			for b.Loop() {
				buf.Reset()
				buf.Grow(len(payload))
				buf.Payload = append(buf.Payload, payload...)
				buf.Entries = shape.records
				if _, _, err := j.Write(buf); err != nil {
					b.Fatal(err)
				}
				if err := j.Sync(); err != nil {
					b.Fatal(err)
				}
				if err := j.Release(j.End()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
