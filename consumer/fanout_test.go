package consumer

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

func (c rigClient) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error) {
	return c.r.Service.DescribeStreamSummary(ctx, in)
}

func (c rigClient) DescribeStreamConsumer(ctx context.Context, in *kinesis.DescribeStreamConsumerInput) (*kinesis.DescribeStreamConsumerOutput, error) {
	return c.r.Service.DescribeStreamConsumer(ctx, in)
}

func (c rigClient) RegisterStreamConsumer(ctx context.Context, in *kinesis.RegisterStreamConsumerInput) (*kinesis.RegisterStreamConsumerOutput, error) {
	return c.r.Service.RegisterStreamConsumer(ctx, in)
}

func (c rigClient) SubscribeToShard(ctx context.Context, in *kinesis.SubscribeToShardInput) (*kinesis.SubscribeToShardEventStream, error) {
	if err := c.r.fault(ctx, "SubscribeToShard"); err != nil {
		return nil, err
	}
	stream, err := c.r.Service.SubscribeToShard(ctx, in)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	troubled := &troubledReader{SubscribeToShardEventStreamReader: stream.Reader, cancel: cancel, events: make(chan types.SubscribeToShardEventStream), done: make(chan struct{})}
	go troubled.run(ctx, c.r)
	stream.Reader = troubled
	return stream, nil
}

// troubledReader is the reader of a subscription that breaks off where the rig
// says so.
type troubledReader struct {
	kinesis.SubscribeToShardEventStreamReader
	cancel context.CancelFunc
	events chan types.SubscribeToShardEventStream
	done   chan struct{}
	err    error // once done is closed
}

// run hands the events on.
func (s *troubledReader) run(ctx context.Context, r *rig) {
	defer close(s.done)
	defer close(s.events)
	for e := range s.SubscribeToShardEventStreamReader.Events() {
		if err := r.fault(ctx, "event"); err != nil {
			if err != io.EOF {
				s.err = err
			}
			return
		}
		select {
		case s.events <- e:
		case <-ctx.Done():
			return
		}
	}
	s.err = s.SubscribeToShardEventStreamReader.Err()
}

func (s *troubledReader) Close() error {
	s.cancel()
	<-s.done
	return s.SubscribeToShardEventStreamReader.Close()
}

func (s *troubledReader) Events() <-chan types.SubscribeToShardEventStream { return s.events }

func (s *troubledReader) Err() error { <-s.done; return s.err }

// startFan runs a worker that has records pushed to it.
func (r *rig) startFan(name string, options ...Option) *running {
	r.t.Helper()
	return r.start(name, nil, append(options, EnhancedFanOut("application"))...)
}

// TestFanOut has records pushed for longer than a subscription lives, while the
// stream is resharded and workers come and go.
func TestFanOut(t *testing.T) {
	bubble(t, 4, func(r *rig) {
		one, two := r.startFan("one"), r.startFan("two")
		for i := range 700 {
			r.putRecords(10)
			time.Sleep(time.Second)
			switch i {
			case 200:
				r.scale(8)
			case 400:
				r.scale(2)
			case 500:
				two.stopped()
			}
		}
		r.allSeen()
		one.stopped()
		r.seen.check(t, 0)
		out, err := r.Service.ListStreamConsumers(r.ctx, &kinesis.ListStreamConsumersInput{StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders")})
		if err != nil || len(out.Consumers) != 1 || *out.Consumers[0].ConsumerName != "application" {
			t.Errorf("consumers %v, %v", out, err)
		}
	})
}

// TestPromptly has records pushed as soon as they are put, over the ends of two
// subscriptions.
func TestPromptly(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		var latest atomic.Int64
		w := r.start("one", Func(func(ctx context.Context, b *Batch) error {
			for i := range b.Records {
				latest.Store(max(latest.Load(), int64(time.Since(b.Records[i].Arrived))))
			}
			return r.seen.process(ctx, b)
		}), EnhancedFanOut("application"))
		r.until("a lease held", func() bool { return w.Counts().Leases == 1 })
		time.Sleep(time.Second)
		for range 11 * 60 * 4 {
			r.putRecords(1)
			time.Sleep(250 * time.Millisecond)
		}
		r.allSeen()
		w.stopped()
		if d := time.Duration(latest.Load()); d > 100*time.Millisecond {
			t.Errorf("a record came after %v", d)
		}
	})
}

// TestShortSubscriptions has every subscription end in order after one event: the
// next one is not there at once each time.
func TestShortSubscriptions(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		w := r.startFan("one")
		r.until("a lease held", func() bool { return w.Counts().Leases == 1 })
		events, subscriptions := 0, 0
		r.fail("event", 1000, func() error {
			if events++; events%2 == 0 {
				subscriptions++
				return io.EOF
			}
			return nil
		})
		for range 600 {
			r.putRecords(1)
			time.Sleep(100 * time.Millisecond)
		}
		r.allSeen()
		w.stopped()
		if subscriptions < 20 || subscriptions > 80 {
			t.Errorf("%d subscriptions in a minute", subscriptions)
		}
		r.seen.check(t, 0)
	})
}

// TestBarrenSubscriptions has all subscriptions end at once, in order and without
// an event: the worker subscribes again, but not without end.
func TestBarrenSubscriptions(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		w := r.startFan("one")
		r.until("a lease held", func() bool { return w.Counts().Leases == 1 })
		began, subscriptions := time.Now(), 0
		r.fail("event", 1000, func() error {
			if time.Since(began) > time.Minute {
				return nil
			}
			subscriptions++
			return io.EOF
		})
		r.putRecords(10)
		time.Sleep(2 * time.Minute)
		r.allSeen()
		w.stopped()
		if subscriptions < 5 || subscriptions > 30 {
			t.Errorf("%d subscriptions in a minute", subscriptions)
		}
	})
}

// TestFanOutTrouble breaks subscriptions off, refuses them, and deregisters the
// consumer.
func TestFanOutTrouble(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		w := r.startFan("one")
		for i := range 120 {
			switch i % 20 {
			case 3:
				r.fail("event", 1, func() error { return errTransient })
			case 9:
				r.fail("event", 1, func() error { return errTransient })
				r.fail("SubscribeToShard", 4, func() error {
					return &smithy.GenericAPIError{Code: "ResourceInUseException", Message: "another subscription is active"}
				})
			case 15:
				_, err := r.Service.DeregisterStreamConsumer(r.ctx, &kinesis.DeregisterStreamConsumerInput{
					StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"), ConsumerName: aws.String("application"),
				})
				if err != nil {
					t.Error(err)
				}
			}
			r.putRecords(10)
			time.Sleep(time.Second)
		}
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
	})
}
