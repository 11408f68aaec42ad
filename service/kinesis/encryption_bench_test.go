package kinesis

import (
	"testing"

	"github.com/leat-io/leat/service/kinesis/keys"
	"github.com/leat-io/leat/storage"
)

// What sealing costs: put against BenchmarkPutBatch, get plain and sealed.
func BenchmarkSealedPutBatch(b *testing.B) {
	for _, c := range []struct {
		name     string
		n, bytes int
	}{{"500x100B", 500, 100}, {"500x1KiB", 500, 1024}, {"1x100B", 1, 100}} {
		b.Run(c.name, func(b *testing.B) {
			log := &discardLog{}
			r := newRig(b, 16, rigOptions{wrap: func(l storage.Log) storage.Log { log.Log = l; return log }})
			r.encrypt(keys.ManagedAlias)
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
}

func BenchmarkUnseal(b *testing.B) {
	r, seen := newSeenRig(b, rigOptions{})
	r.encrypt(keys.ManagedAlias)
	if err := r.PutBatch(r.ctx, benchBatch(500, 1024)); err != nil {
		b.Fatal(err)
	}
	x := r.orders()
	var res storage.ReadResult
	b.ReportAllocs()
	b.SetBytes(500 * 1024)
	for b.Loop() {
		res.Records = append(res.Records[:0], seen.records...)
		if err := r.unseal(r.ctx, x, &res); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*500), "ns/record")
}
