package producer

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// sink is a service that takes everything and costs next to nothing.
type sink struct{ shards []types.Shard }

func newSink(shards int) *sink {
	s := new(sink)
	for i, r := range stream.Evenly(shards) {
		s.shards = append(s.shards, types.Shard{
			ShardId:      aws.String(stream.ShardID(i).String()),
			HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String(r.Start.String()), EndingHashKey: aws.String(r.End.String())},
		})
	}
	return s
}

func (s *sink) ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	return &kinesis.ListShardsOutput{Shards: s.shards}, nil
}

func (s *sink) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	out := &kinesis.PutRecordsOutput{Records: make([]types.PutRecordsResultEntry, len(in.Records))}
	ranges := stream.Evenly(len(s.shards))
	for i, r := range in.Records {
		k, err := stream.ParseHashKey(*r.ExplicitHashKey)
		if err != nil {
			return nil, err
		}
		for n, owns := range ranges {
			if owns.Contains(k) {
				out.Records[i] = types.PutRecordsResultEntry{ShardId: s.shards[n].ShardId, SequenceNumber: aws.String("1")}
			}
		}
	}
	return out, nil
}

// BenchmarkEnqueue is the cost of a user record of 100 bytes from Enqueue to its
// result, but for what the client and the service cost.
func BenchmarkEnqueue(b *testing.B) {
	for _, c := range []struct {
		name    string
		options []Option
	}{
		{"aggregated", nil},
		{"alone", []Option{AggregationEnabled(false)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := New(newSink(4), "orders", append(c.options, RateLimit(1<<30))...)
			if err != nil {
				b.Fatal(err)
			}
			records := make([]Record, 4096)
			for i := range records {
				records[i] = Record{PartitionKey: fmt.Sprintf("customer-%04d", i), Data: make([]byte, 100)}
			}
			failed := func(r Result) {
				if r.Err != nil {
					b.Error(r.Err)
				}
			}
			b.ReportAllocs()
			b.SetBytes(100)
			for i := range b.N {
				if err := p.Enqueue(b.Context(), records[i%len(records)], failed); err != nil {
					b.Fatal(err)
				}
			}
			if err := p.Close(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
