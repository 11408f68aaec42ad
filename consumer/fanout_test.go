package consumer

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat/api/kinesisapi"
)

// fanClient is the rig's client with fan-out.
type fanClient struct {
	Kinesis
	c rigClient
}

func (r *rig) fanOut() fanClient { return fanClient{r.client(), rigClient{r}} }

func (f fanClient) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error) {
	return f.c.r.Service.DescribeStreamSummary(f.c.as(ctx), in)
}

func (f fanClient) DescribeStreamConsumer(ctx context.Context, in *kinesis.DescribeStreamConsumerInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamConsumerOutput, error) {
	return f.c.r.Service.DescribeStreamConsumer(f.c.as(ctx), in)
}

func (f fanClient) RegisterStreamConsumer(ctx context.Context, in *kinesis.RegisterStreamConsumerInput, _ ...func(*kinesis.Options)) (*kinesis.RegisterStreamConsumerOutput, error) {
	return f.c.r.Service.RegisterStreamConsumer(f.c.as(ctx), in)
}

func (f fanClient) Subscribe(ctx context.Context, in *kinesis.SubscribeToShardInput) (Subscription, error) {
	if err := f.c.r.fault("SubscribeToShard"); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(f.c.as(ctx))
	u, err := f.c.r.Service.Subscribe(ctx, in)
	if err != nil {
		cancel()
		return nil, err
	}
	s := &rigSubscription{events: make(chan types.SubscribeToShardEventStream), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer close(s.events)
		defer u.Close()
		for {
			var p kinesisapi.Page
			err := u.Next(ctx, 1<<20, &p)
			if err == nil {
				err = f.c.r.fault("event")
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					s.err = err
				}
				return
			}
			select {
			case <-ctx.Done():
				return
			case s.events <- &types.SubscribeToShardEventStreamMemberSubscribeToShardEvent{Value: eventOf(&p)}:
			}
		}
	}()
	return s, nil
}

// rigSubscription is a Subscription of the service in this process.
type rigSubscription struct {
	events chan types.SubscribeToShardEventStream
	cancel context.CancelFunc
	done   chan struct{}
	err    error // once done is closed
}

func (s *rigSubscription) Events() <-chan types.SubscribeToShardEventStream { return s.events }

func (s *rigSubscription) Err() error { <-s.done; return s.err }

func (s *rigSubscription) Close() error { s.cancel(); <-s.done; return nil }

// eventOf returns a page as the SDK's event.
func eventOf(p *kinesisapi.Page) types.SubscribeToShardEvent {
	e := types.SubscribeToShardEvent{ChildShards: p.ChildShards, MillisBehindLatest: &p.MillisBehindLatest}
	if !p.ContinuationSequenceNumber.IsZero() {
		e.ContinuationSequenceNumber = aws.String(p.ContinuationSequenceNumber.String())
	}
	for _, rec := range p.Records {
		e.Records = append(e.Records, types.Record{
			Data: slices.Clone(rec.Data), PartitionKey: aws.String(string(rec.PartitionKey)),
			SequenceNumber:              aws.String(rec.SequenceNumber.String()),
			ApproximateArrivalTimestamp: aws.Time(time.UnixMilli(rec.ArrivalMillis)),
		})
	}
	return e
}

// startFan runs a worker that has records pushed to it.
func (r *rig) startFan(name string, options ...Option) *running {
	r.t.Helper()
	return r.startWith(r.fanOut(), r.leases, name, nil, append(options, EnhancedFanOut("application"))...)
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
