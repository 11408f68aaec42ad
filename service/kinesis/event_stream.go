package kinesis

import (
	"context"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api/kinesisapi"
)

// SubscribeToShard is Subscribe with the shapes of the SDK, for callers in this
// process. The stream gives the events until the subscription ends, and ends
// with ctx and when it is closed, which the caller does in any case. One event
// waits for the caller at a time.
func (s *Service) SubscribeToShard(ctx context.Context, in *kinesis.SubscribeToShardInput) (*kinesis.SubscribeToShardEventStream, error) {
	u, err := s.Subscribe(ctx, in)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &eventReader{events: make(chan types.SubscribeToShardEventStream), cancel: cancel, done: make(chan struct{})}
	go r.run(ctx, u)
	return kinesis.NewSubscribeToShardEventStream(func(es *kinesis.SubscribeToShardEventStream) { es.Reader = r }), nil
}

// eventReader is what the SDK's stream reads from. run is its goroutine.
type eventReader struct {
	events chan types.SubscribeToShardEventStream
	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned

	mu struct {
		sync.Mutex
		err    error
		closed bool // by the caller, who knows then why there are no further events
	}
}

// run hands on the events of u, and closes it.
func (r *eventReader) run(ctx context.Context, u *Subscription) {
	defer close(r.done)
	defer r.cancel()
	defer u.Close()
	defer close(r.events)
	for {
		var p kinesisapi.Page // of its own: the caller keeps the records
		if err := u.Next(ctx, maxEventBytes, &p); err != nil {
			r.fail(err)
			return
		}
		select {
		case r.events <- &types.SubscribeToShardEventStreamMemberSubscribeToShardEvent{Value: eventOf(&p)}:
		case <-ctx.Done():
			r.fail(ctx.Err())
			return
		}
	}
}

// fail notes why there is no further event, unless that is as it should be.
func (r *eventReader) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != io.EOF && !r.mu.closed {
		r.mu.err = err
	}
}

// Events implements the SDK's SubscribeToShardEventStreamReader.
func (r *eventReader) Events() <-chan types.SubscribeToShardEventStream { return r.events }

// Err returns why the events ended: nil after an ordinary end or Close, and before
// them.
func (r *eventReader) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.err
}

// Close ends the subscription, and waits until it has ended.
func (r *eventReader) Close() error {
	r.mu.Lock()
	r.mu.closed = true
	r.mu.Unlock()
	r.cancel()
	<-r.done
	return nil
}

// eventOf returns a page as the SDK's event.
func eventOf(p *kinesisapi.Page) types.SubscribeToShardEvent {
	e := types.SubscribeToShardEvent{Records: recordsOf(p), ChildShards: p.ChildShards, MillisBehindLatest: &p.MillisBehindLatest}
	if !p.ContinuationSequenceNumber.IsZero() {
		e.ContinuationSequenceNumber = aws.String(p.ContinuationSequenceNumber.String())
	}
	return e
}
