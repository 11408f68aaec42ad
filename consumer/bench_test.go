package consumer

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/stream"
)

// BenchmarkDeliver is what a user record of 100 bytes costs from the read to the
// processor: unpacked, filtered by the shard's hash keys, and delivered.
func BenchmarkDeliver(b *testing.B) {
	for name, perRecord := range map[string]int{"plain": 1, "aggregated": 100} {
		b.Run(name, func(b *testing.B) {
			const users = 10_000
			p := page{}
			for i := range users / perRecord {
				p.records = append(p.records, types.Record{
					Data: benchData(b, perRecord), PartitionKey: aws.String("key"), ApproximateArrivalTimestamp: aws.Time(time.Unix(1, 0)),
					SequenceNumber: aws.String(stream.SequenceParts{CreateSeconds: 1, Seconds: 2, Index: uint64(i + 1)}.Number().String()),
				})
			}
			w, err := New(nil, memlease.New(), Func(func(context.Context, *Batch) error { return nil }), Stream("orders"))
			if err != nil {
				b.Fatal(err)
			}
			row := lease.New("", "shardId-000000000000", lease.TrimHorizon)
			row.Owner = w.ID()
			s := newShardRun(w, w.o.sources[0], hold(b.Context(), w, row, clock.System{}.Now().Add(time.Hour)))
			s.checkpointer = newCheckpointer(s.holding, slog.New(slog.DiscardHandler))
			s.processor = benchProcessor{}
			b.ReportAllocs()
			for b.Loop() {
				s.unpacker = unpackerOf(row)
				if err := s.deliver(b.Context(), p); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/users, "ns/record")
		})
	}
}

// benchData returns the data of a Kinesis record with so many user records.
func benchData(b *testing.B, n int) []byte {
	data := make([]byte, 100)
	if n == 1 {
		return data
	}
	var a aggregation.Aggregator
	for range n {
		if ok, err := a.Add(aggregation.UserRecord{PartitionKey: "key", Data: data}); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
	return a.AppendData(nil)
}

// benchProcessor does nothing.
type benchProcessor struct{}

func (benchProcessor) Initialize(context.Context, ShardInfo) error { return nil }

func (benchProcessor) ProcessRecords(context.Context, *Batch) error { return nil }

func (benchProcessor) LeaseLost(context.Context) {}

func (benchProcessor) ShardEnded(context.Context, *Checkpointer) error { return nil }

func (benchProcessor) ShutdownRequested(context.Context, *Checkpointer) error { return nil }
