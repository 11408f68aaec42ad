package memlog_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
	"github.com/leat-io/leat/storage/storagetest"
)

const benchShards = 16

func benchLog(b *testing.B) *memlog.Log {
	b.Helper()
	log := memlog.Open(map[string]storage.Machine{"catalog": &storagetest.Catalog{}}, memlog.Options{})
	b.Cleanup(func() { log.Close() })
	var c storagetest.Command
	for i := range uint32(benchShards) {
		c.Open = append(c.Open, storage.ShardKey{Stream: 1, Shard: i})
	}
	if _, err := log.Propose(context.Background(), "catalog", c.Encode()); err != nil {
		b.Fatal(err)
	}
	return log
}

func benchBatch(n, size int) *storage.Batch {
	batch := &storage.Batch{Stream: 1}
	for i := range n {
		batch.Records = append(batch.Records, storage.Record{
			Shard: uint32(i % benchShards), PartitionKey: fmt.Append(nil, "key-", i), Data: make([]byte, size),
		})
	}
	return batch
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct{ records, size int }{{1, 1024}, {500, 100}, {500, 1024}} {
		b.Run(fmt.Sprintf("%dx%dB", c.records, c.size), func(b *testing.B) {
			log, batch, ctx := benchLog(b), benchBatch(c.records, c.size), context.Background()
			b.SetBytes(int64(c.records * c.size))
			trimEvery := 100 << 20 / (c.records * (c.size + 100))
			for i := 0; b.Loop(); i++ {
				if err := log.Append(ctx, batch); err != nil {
					b.Fatal(err)
				}
				if i%trimEvery == trimEvery-1 {
					if err := log.Trim(ctx, 1, batch.Records[0].ArrivalMillis+1); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.records), "ns/record")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{100, 1024} {
		b.Run(fmt.Sprintf("1000x%dB", size), func(b *testing.B) {
			log, ctx := benchLog(b), context.Background()
			for range 100 * benchShards {
				if err := log.Append(ctx, benchBatch(benchShards, size)); err != nil {
					b.Fatal(err)
				}
			}
			var res storage.ReadResult
			b.SetBytes(int64(1000 * size))
			for b.Loop() {
				err := log.Read(ctx, storage.ReadRequest{Key: storage.ShardKey{Stream: 1}, MaxRecords: 1000, MaxBytes: 10 << 20}, &res)
				if err != nil || len(res.Records) != 1000 {
					b.Fatal(len(res.Records), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/record")
		})
	}
}
