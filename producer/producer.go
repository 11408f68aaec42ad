package producer

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/stream"
)

// Client is what a Producer needs of a client of Kinesis. *kinesis.Client is
// one. The producer tries again by itself, and asks it not to.
type Client interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
}

var _ Client = (*kinesis.Client)(nil)

// Producer puts records into one stream. Its methods may be called concurrently.
//
// It has one goroutine, one more for each request under way, and one while it
// reads the map of shards.
type Producer struct {
	client Client
	name   streamName
	config config

	kick   chan struct{} // wakes the scheduler; has room for one
	ctx    context.Context
	cancel context.CancelFunc // gives up on all that is under way
	wg     sync.WaitGroup

	mu struct {
		sync.Mutex
		closed bool
		buffer buffer
		epoch  *epoch // of the parcels that are begun now

		shards   shardMap
		anywhere *shard // takes what cannot be predicted

		// waiting holds parcels in the order of their arrival, until they leave;
		// some have left already. The first one says when something is due.
		waiting []*parcel
		// flush ends all aggregates; due sends what is ready, without waiting for
		// more.
		flush, due bool
		ready      []*shard
		blocked    shardHeap
		requests   int       // under way
		wanting    amount    // until then the scheduler need not look at what is ready
		sweepAt    time.Time // when what has expired is looked for

		stats   Stats
		metrics metrics
	}
}

// streamName names the stream in requests, by its name or by its ARN.
type streamName struct{ name, arn *string }

// New returns a producer for a stream, named by its name or its ARN. It makes no
// request before the first record comes. The caller closes it.
func New(client Client, streamNameOrARN string, options ...Option) (*Producer, error) {
	p := &Producer{client: client, config: defaults(), kick: make(chan struct{}, 1)}
	for _, apply := range options {
		apply(&p.config)
	}
	if err := p.config.validate(); err != nil {
		return nil, err
	}
	if strings.HasPrefix(streamNameOrARN, "arn:") {
		p.name.arn = aws.String(streamNameOrARN)
	} else {
		p.name.name = aws.String(streamNameOrARN)
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.mu.epoch = newEpoch()
	p.mu.anywhere = &shard{owns: stream.HashKeyRange{End: stream.MaxHashKey}}
	p.wg.Go(p.schedule)
	if p.mu.metrics.on = len(p.config.sinks) > 0; p.mu.metrics.on {
		p.wg.Go(p.uploadMetrics)
	}
	return p, nil
}

// Flush sends what is there without waiting for more, and returns when all that
// was enqueued before has its result and those who wanted it know. The error is
// ctx's.
func (p *Producer) Flush(ctx context.Context) error {
	p.mu.Lock()
	open := p.mu.epoch
	p.mu.epoch = open.next()
	p.mu.flush, p.mu.due = true, true
	p.mu.Unlock()
	p.wakeUp()
	select {
	case <-open.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close takes no more records, and flushes. When ctx ends first it gives up:
// what has no result yet gets ErrClosed, and the error is ctx's. When Close
// returns every record has its result, and nothing goes on in the background.
func (p *Producer) Close(ctx context.Context) error {
	p.mu.Lock()
	p.mu.closed = true
	p.grantLocked()
	p.mu.Unlock()
	err := p.Flush(ctx)
	p.cancel()
	p.wg.Wait()
	p.abandon()
	return err
}

// abandon gives ErrClosed to all that is left when no goroutine is.
func (p *Producer) abandon() {
	p.mu.Lock()
	var left []finished
	for _, q := range p.takeAllLocked() {
		left = append(left, p.failLocked(q, ErrClosed))
	}
	p.mu.Unlock()
	p.deliver(left)
}

// epoch counts the user records that were enqueued between two flushes, and
// those before.
type epoch struct {
	open     int           // user records without a result
	previous *epoch        // nil when all of it are finished
	done     chan struct{} // closed when it and those before are finished
	ended    bool          // it counts no more new ones
	later    *epoch
}

func newEpoch() *epoch { return &epoch{done: make(chan struct{})} }

// next ends e and returns the epoch after it.
func (e *epoch) next() *epoch {
	n := newEpoch()
	n.previous, e.later, e.ended = e, n, true
	e.settle()
	return n
}

// finish counts user records that have their result.
func (e *epoch) finish(n int) {
	e.open -= n
	e.settle()
}

// settle tells who waits for e, and for those after it.
func (e *epoch) settle() {
	for e != nil && e.ended && e.open == 0 && e.previous == nil {
		close(e.done)
		if e.later != nil {
			e.later.previous = nil
		}
		e = e.later
	}
}
