package consumer

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	// throttledSpacing is the least time between two reads of a shard once one
	// was refused: AWS allows five a second, to all readers together.
	throttledSpacing = 250 * time.Millisecond
	// The pause after a read that failed grows from the first to the second.
	minReadPause = 200 * time.Millisecond
	maxReadPause = 10 * time.Second
	// maxGetRecords is the most records that a read may ask for.
	maxGetRecords = 10_000
)

// poller reads a shard with GetRecords. It belongs to one goroutine.
type poller struct {
	client Kinesis
	clock  Clock
	source source
	shard  string
	limit  int32
	idle   time.Duration // between reads at the tip
	events *shardEvents

	at       cursor
	iterator *string       // nil when one has to be got first
	spacing  time.Duration // between reads of a shard that has more
	pause    backoff
}

// run puts pages into q until the shard has ended or ctx ends.
func (p *poller) run(ctx context.Context, q *queue) {
	p.pause = backoff{least: minReadPause, most: maxReadPause}
	for q.room(ctx) == nil {
		wait, done := p.step(ctx, q)
		if done || sleep(ctx, p.clock, wait) != nil {
			return
		}
	}
}

// step makes one read and returns when the next one is due, or that the shard
// has ended.
func (p *poller) step(ctx context.Context, q *queue) (wait time.Duration, done bool) {
	began := p.clock.Now()
	read, err := p.read(ctx)
	took := p.clock.Now().Sub(began)
	switch {
	case ctx.Err() != nil:
		return 0, true
	case isExpiredIterator(err):
		p.iterator = nil
		p.events.iteratorExpired()
		if p.pause.first() {
			return 0, false // the processor took its time; a new iterator mends that
		}
		return p.pause.next(), false
	case err != nil:
		if isThrottle(err) {
			p.spacing = throttledSpacing
		}
		p.events.readFailed(err)
		return p.pause.next(), false
	}
	p.pause.reset()
	p.events.readDone(took, read)
	q.put(read)
	if read.behind == 0 {
		return p.idle, read.ended
	}
	return p.spacing - took, read.ended
}

// read reads one page, and makes sure at the end of the shard that what follows
// it is known.
func (p *poller) read(ctx context.Context) (page, error) {
	out, err := p.getRecords(ctx)
	if err != nil && !isNotFound(err) {
		return page{}, err
	}
	if err != nil || out.NextShardIterator == nil && len(out.ChildShards) == 0 {
		children, lost := lostShard(ctx, p.client, p.source, p.shard)
		if lost != nil {
			return page{}, errors.Join(err, lost)
		}
		if out == nil {
			return page{ended: true, children: children}, nil
		}
		out.ChildShards = children
	}
	if n := len(out.Records); n > 0 {
		p.at = cursorAfter(out.Records[n-1].SequenceNumber)
	}
	p.iterator = out.NextShardIterator
	return page{
		records:  out.Records,
		bytes:    bytesOf(out.Records),
		behind:   time.Duration(aws.ToInt64(out.MillisBehindLatest)) * time.Millisecond,
		ended:    out.NextShardIterator == nil,
		children: out.ChildShards,
	}, nil
}

// getRecords gets an iterator if there is none, and records.
func (p *poller) getRecords(ctx context.Context) (*kinesis.GetRecordsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if p.iterator == nil {
		began := p.clock.Now()
		out, err := p.client.GetShardIterator(ctx, p.at.request(p.source, p.shard))
		if err != nil {
			return nil, err
		}
		p.iterator = out.ShardIterator
		// Should the iterator expire before the first record, latest has to mean
		// what it meant now.
		p.at = p.at.since(began)
	}
	return p.client.GetRecords(ctx, &kinesis.GetRecordsInput{
		ShardIterator: p.iterator, StreamARN: p.source.arn, Limit: aws.Int32(p.limit),
	})
}

// bytesOf returns the size of records as Kinesis counts it.
func bytesOf(records []types.Record) int {
	n := 0
	for i := range records {
		n += len(records[i].Data) + len(aws.ToString(records[i].PartitionKey))
	}
	return n
}

// request returns the call that gets an iterator at c.
func (c cursor) request(s source, shard string) *kinesis.GetShardIteratorInput {
	return &kinesis.GetShardIteratorInput{
		StreamName: s.nameOrNil(), StreamARN: s.arn, ShardId: &shard,
		ShardIteratorType: c.kind, StartingSequenceNumber: c.sequence, Timestamp: c.time,
	}
}
