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
	{"1x100B", 1, 100},
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
	log := openBench(b, shards, Options{})
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
	b.ReportMetric(float64(s.CommitTimes.Sum/time.Duration(s.CommitTimes.Count()))/1e3, "µs/commit")
}

func openBench(b *testing.B, shards int, o Options) *Log {
	log, err := Open(b.TempDir(), machines(), o)
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

// BenchmarkRead reads a shard log from its beginning in pages of 2 MiB, once
// from memory and once from extents, of which a quarter fits into the cache.
func BenchmarkRead(b *testing.B) {
	for _, shape := range shapes {
		for _, where := range []string{"tail", "extents"} {
			b.Run(shape.name+"/"+where, func(b *testing.B) { benchmarkRead(b, shape.records, shape.len, where == "tail") })
		}
	}
}

func benchmarkRead(b *testing.B, records, length int, tail bool) {
	o := Options{}
	if !tail {
		o.MemoryBytes, o.CacheBytes = 8<<20, 8<<20
	}
	log := openBench(b, 1, o)
	total := 0
	for total < 32<<20 {
		if err := log.Append(context.Background(), benchBatch(records, length)); err != nil {
			b.Fatal(err)
		}
		total += records * length
	}
	log.settle()
	b.SetBytes(int64(total))
	read := 0
	var res storage.ReadResult
	for b.Loop() {
		for req := (storage.ReadRequest{Key: storage.ShardKey{Stream: 1}, MaxRecords: 10_000, MaxBytes: 2 << 20}); ; req.From = res.Next {
			if err := log.Read(context.Background(), req, &res); err != nil {
				b.Fatal(err)
			}
			if len(res.Records) == 0 {
				break
			}
			read += len(res.Records)
		}
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "records/s")
}
