package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

const (
	// maxFanOutPages is how many events wait for the processor: one, since the
	// connection holds back the others.
	maxFanOutPages = 1
	// maxSilence is how long a subscription may say nothing, and twice that at
	// most. AWS sends an event without records every few seconds.
	maxSilence = time.Minute
	// The pause after a subscription that failed, or ended before the third, grows
	// from the first to the second. AWS refuses one that follows another within
	// five seconds.
	minSubscribePause = time.Second
	maxSubscribePause = 10 * time.Second
	minSubscription   = 5 * time.Second
	// How often and how many times a new consumer is asked whether it is ACTIVE.
	activePoll  = time.Second
	activePolls = 60
)

var errSilent = errors.New("the subscription was silent for a minute")

// registration is a stream's consumer, registered when it is first needed.
type registration struct {
	fan    FanOut
	clock  Clock
	source source
	name   string
	// turn is held while arn is looked at or found out.
	turn chan struct{}
	arn  string // "" when it is to be found out
}

func newRegistration(fan FanOut, clock Clock, s source, name string) *registration {
	return &registration{fan: fan, clock: clock, source: s, name: name, turn: make(chan struct{}, 1)}
}

// consumerOf returns the consumer of a stream.
func (w *Worker) consumerOf(s source) *registration {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.mu.consumers[s.id]
	if r == nil {
		r = newRegistration(w.fan, w.o.clock, s, w.o.fanOut)
		w.mu.consumers[s.id] = r
	}
	return r
}

// consumerARN returns the ARN of the consumer, registering it if need be, once
// it is ACTIVE.
func (r *registration) consumerARN(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r.turn <- struct{}{}:
	}
	defer func() { <-r.turn }()
	ctx, cancel := context.WithTimeout(ctx, activePolls*activePoll+callTimeout)
	defer cancel()
	if r.arn != "" {
		return r.arn, nil
	}
	streamARN, err := r.streamARN(ctx)
	if err != nil {
		return "", err
	}
	in := &kinesis.DescribeStreamConsumerInput{StreamARN: &streamARN, ConsumerName: &r.name}
	for range activePolls {
		out, err := r.fan.DescribeStreamConsumer(ctx, in)
		switch {
		case isNotFound(err):
			_, err = r.fan.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: &streamARN, ConsumerName: &r.name})
			if err == nil {
				continue
			}
			if !isInUse(err) {
				return "", fmt.Errorf("register the consumer %s: %w", r.name, err)
			}
		case err != nil:
			return "", fmt.Errorf("describe the consumer %s: %w", r.name, err)
		case out.ConsumerDescription.ConsumerStatus == types.ConsumerStatusActive:
			r.arn = aws.ToString(out.ConsumerDescription.ConsumerARN)
			return r.arn, nil
		}
		if err := sleep(ctx, r.clock, activePoll); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("the consumer %s does not become active", r.name)
}

// streamARN returns the ARN of the stream.
func (r *registration) streamARN(ctx context.Context) (string, error) {
	if r.source.arn != nil {
		return *r.source.arn, nil
	}
	out, err := r.fan.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &r.source.name})
	if err != nil {
		return "", fmt.Errorf("describe the stream %s: %w", r.source.name, err)
	}
	return aws.ToString(out.StreamDescriptionSummary.StreamARN), nil
}

// forget has the ARN be found out again.
func (r *registration) forget() {
	r.turn <- struct{}{}
	r.arn = ""
	<-r.turn
}

// subscriber reads a shard with SubscribeToShard. It belongs to one goroutine.
type subscriber struct {
	client       Kinesis
	registration *registration
	clock        Clock
	source       source
	shard        string
	events       *shardEvents

	at    cursor
	pause backoff
}

// run puts pages into q until the shard has ended or ctx ends. A subscription
// that ended in order is followed by the next one at once, unless that was soon.
func (s *subscriber) run(ctx context.Context, q *queue) {
	s.pause = backoff{least: minSubscribePause, most: maxSubscribePause}
	for q.room(ctx) == nil {
		began := s.clock.Now()
		ended, err := s.session(ctx, q)
		switch {
		case ended, ctx.Err() != nil:
			return
		case err != nil:
			s.events.readFailed(err)
		case s.clock.Now().Sub(began) >= minSubscription:
			continue
		}
		if sleep(ctx, s.clock, s.pause.next()) != nil {
			return
		}
	}
}

// session subscribes once, and reads until that ends. It reports whether the
// shard has ended.
func (s *subscriber) session(ctx context.Context, q *queue) (ended bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	arn, err := s.registration.consumerARN(ctx)
	if err != nil {
		return s.missing(ctx, q, err)
	}
	began := s.clock.Now()
	late := time.AfterFunc(callTimeout, cancel)
	sub, err := s.registration.fan.Subscribe(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: &arn, ShardId: &s.shard, StartingPosition: s.at.startingPosition(),
	})
	if err != nil {
		late.Stop()
		return s.missing(ctx, q, err)
	}
	defer sub.Close()
	late.Stop()
	s.at = s.at.since(began)
	silence, heard := s.clock.After(maxSilence), false
	for q.room(ctx) == nil {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-silence:
			if !heard {
				return false, errSilent
			}
			silence, heard = s.clock.After(maxSilence), false
		case e, ok := <-sub.Events():
			heard = true
			if !ok {
				return s.missing(ctx, q, sub.Err())
			}
			if ended, err := s.take(ctx, q, e); ended || err != nil {
				return ended, err
			}
		}
	}
	return false, ctx.Err()
}

// take puts what an event brought into q and reports whether it was the last
// one of the shard.
func (s *subscriber) take(ctx context.Context, q *queue, e types.SubscribeToShardEventStream) (ended bool, err error) {
	m, ok := e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
	if !ok {
		return false, nil // a kind of event that is new
	}
	s.pause.reset()
	event := &m.Value
	p := page{
		records:  event.Records,
		bytes:    bytesOf(event.Records),
		behind:   time.Duration(aws.ToInt64(event.MillisBehindLatest)) * time.Millisecond,
		ended:    event.ContinuationSequenceNumber == nil,
		children: event.ChildShards,
	}
	if p.ended && len(p.children) == 0 {
		if p.children, err = lostShard(ctx, s.client, s.source, s.shard); err != nil {
			return false, err
		}
	}
	s.events.readDone(0, p)
	if !p.ended {
		s.at = cursorAfter(event.ContinuationSequenceNumber)
	}
	q.put(p)
	return p.ended, nil
}

// missing decides what an error means: that the shard or its stream is gone,
// which ends it, that the consumer is, which is then registered again, or
// something that passes.
func (s *subscriber) missing(ctx context.Context, q *queue, err error) (ended bool, _ error) {
	if !isNotFound(err) {
		return false, err
	}
	children, lost := lostShard(ctx, s.client, s.source, s.shard)
	if lost != nil {
		s.registration.forget()
		return false, err
	}
	q.put(page{ended: true, children: children})
	return true, nil
}

// startingPosition returns c as SubscribeToShard has it.
func (c cursor) startingPosition() *types.StartingPosition {
	return &types.StartingPosition{Type: c.kind, SequenceNumber: c.sequence, Timestamp: c.time}
}
