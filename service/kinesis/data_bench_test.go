package kinesis

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
)

// discardLog takes every record and keeps none, to measure the service alone.
type discardLog struct {
	storage.Log
	next storage.Offset
}

func (l *discardLog) Append(_ context.Context, b *storage.Batch) error {
	for i := range b.Records {
		b.Records[i].Offset, b.Records[i].ArrivalMillis = l.next, 1700000000000
		l.next++
	}
	return nil
}

// benchBatch is a batch of n records with partition keys of their own.
func benchBatch(n, bytes int) *kinesisapi.PutBatch {
	b := &kinesisapi.PutBatch{StreamName: testRef.Name, Records: make([]kinesisapi.PutRecord, n)}
	for i := range b.Records {
		b.Records[i] = kinesisapi.PutRecord{PartitionKey: fmt.Appendf(nil, "customer-%06d", i), Data: make([]byte, bytes)}
	}
	return b
}

func BenchmarkPutBatch(b *testing.B) {
	for _, c := range []struct {
		name   string
		n      int
		bytes  int
		limits Limits
		mode   types.StreamMode
	}{
		{"500x100B", 500, 100, LimitsOff, types.StreamModeProvisioned},
		{"500x1KiB", 500, 1024, LimitsOff, types.StreamModeProvisioned},
		{"1x100B", 1, 100, LimitsOff, types.StreamModeProvisioned},
		{"500x100B-throttled", 500, 100, LimitsAWS, types.StreamModeProvisioned},
		{"500x100B-on-demand", 500, 100, LimitsOff, types.StreamModeOnDemand},
	} {
		b.Run(c.name, func(b *testing.B) {
			log := &discardLog{}
			r := newRig(b, 16, rigOptions{limits: c.limits, wrap: func(l storage.Log) storage.Log { log.Log = l; return log }})
			r.change(&catalog.UpdateStreamMode{Ref: testRef, Mode: c.mode})
			batch := benchBatch(c.n, c.bytes)
			b.ReportAllocs()
			b.SetBytes(int64(c.n * c.bytes))
			for b.Loop() {
				if err := r.PutBatch(r.ctx, batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.n), "ns/record")
		})
	}
	b.Run("500x1KiB-memlog", func(b *testing.B) {
		batch := benchBatch(500, 1024)
		b.ReportAllocs()
		b.SetBytes(500 * 1024)
		var r *rig
		for i := 0; b.Loop(); i++ {
			if i%256 == 0 { // 128 MiB
				b.StopTimer()
				if r != nil {
					r.log.Close()
				}
				r = newRig(b, 16, rigOptions{})
				b.StartTimer()
			}
			if err := r.PutBatch(r.ctx, batch); err != nil || batch.Failed > 0 {
				b.Fatal(err, batch.Failed)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*500), "ns/record")
	})
}

func BenchmarkGetPage(b *testing.B) {
	for _, bytes := range []int{100, 1024} {
		b.Run(fmt.Sprintf("10000x%dB", bytes), func(b *testing.B) {
			r := newRig(b, 1, rigOptions{})
			batch := benchBatch(500, bytes)
			for range 20 {
				if err := r.PutBatch(r.ctx, batch); err != nil {
					b.Fatal(err)
				}
			}
			in := &kinesis.GetRecordsInput{ShardIterator: aws.String(r.iterator("0", types.ShardIteratorTypeTrimHorizon))}
			benchGet(b, r, in)
		})
	}
	b.Run("empty", func(b *testing.B) {
		r := newRig(b, 1, rigOptions{})
		benchGet(b, r, &kinesis.GetRecordsInput{ShardIterator: aws.String(r.iterator("0", types.ShardIteratorTypeLatest))})
	})
}

func benchGet(b *testing.B, r *rig, in *kinesis.GetRecordsInput) {
	var p kinesisapi.Page
	b.ReportAllocs()
	for b.Loop() {
		if err := r.GetPage(r.ctx, in, &p); err != nil {
			b.Fatal(err)
		}
	}
	if n := len(p.Records); n > 0 {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
	}
}
