package main

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// tailAPI is what a tailer needs of a client.
type tailAPI interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// tailedShard is how far a shard has been read. It belongs to one goroutine at
// a time: the tailer's own, or the one that makes a call for it.
type tailedShard struct {
	id       string
	position position // where to go on without an iterator
	iterator string   // empty when one has to be got first
	due      time.Time
	backoff  backoff
	failures int // of the server, since it last had a page
}

// step is the outcome of one turn of a shard.
type step struct {
	shard *tailedShard
	page  *kinesis.GetRecordsOutput
	err   error
}

// read takes one turn: it gets an iterator if there is none, and one page.
func (s *tailedShard) read(ctx context.Context, api tailAPI, streamName string) step {
	if s.iterator == "" {
		began := time.Now()
		out, err := api.GetShardIterator(ctx, s.position.request(streamName, s.id))
		if err != nil {
			return step{shard: s, err: err}
		}
		s.iterator = text(out.ShardIterator)
		if s.position.iterator == types.ShardIteratorTypeLatest {
			// Should the iterator expire before the first record, latest has
			// to mean what it meant now.
			s.position = position{iterator: types.ShardIteratorTypeAtTimestamp, time: began}
		}
	}
	page, err := api.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: &s.iterator})
	var expired *types.ExpiredIteratorException
	if errors.As(err, &expired) {
		s.iterator = ""
		return step{shard: s, page: &kinesis.GetRecordsOutput{NextShardIterator: &s.iterator}}
	}
	return step{shard: s, page: page, err: err}
}

// passed moves the shard past a page that was printed.
func (s *tailedShard) passed(page *kinesis.GetRecordsOutput) {
	if n := len(page.Records); n > 0 {
		s.position = position{
			iterator: types.ShardIteratorTypeAfterSequenceNumber,
			sequence: text(page.Records[n-1].SequenceNumber),
		}
	}
	s.iterator = text(page.NextShardIterator)
}
