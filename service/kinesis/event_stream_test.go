package kinesis

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// TestEventStream reads a shard to its end with the shapes of the SDK.
func TestEventStream(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	put := r.put("0", "one")
	stream := r.stream(horizon)
	first := nextOf(t, stream)
	if len(first.Records) != 1 || string(first.Records[0].Data) != "one" || *first.Records[0].SequenceNumber != *put.SequenceNumber {
		t.Fatalf("records %v", first.Records)
	}
	if aws.ToString(first.ContinuationSequenceNumber) != *put.SequenceNumber || aws.ToInt64(first.MillisBehindLatest) != 0 {
		t.Errorf("goes on after %v, behind %v", first.ContinuationSequenceNumber, first.MillisBehindLatest)
	}
	r.split(0, "17")
	last := nextOf(t, stream)
	if last.ContinuationSequenceNumber != nil || len(last.ChildShards) != 2 {
		t.Errorf("the shard's end goes on after %v, with the children %v", last.ContinuationSequenceNumber, last.ChildShards)
	}
	if e, ok := <-stream.Events(); ok {
		t.Errorf("after the end %v", e)
	}
	if err := stream.Err(); err != nil {
		t.Error(err)
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
}

// TestFullEventStream closes a stream with an event that nobody takes.
func TestFullEventStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSubscriptionRig(t, 1, rigOptions{})
		r.put("0", "one")
		full := r.stream(horizon)
		synctest.Wait() // until the event waits
		full.Close()
		if n := r.ActiveSubscriptions(); n != 0 {
			t.Errorf("%d subscriptions after the full one was closed", n)
		}
	})
}

// TestEventStreamEnds closes a stream that waits for an event, and deletes the
// consumer of another.
func TestEventStreamEnds(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	waiting := r.stream(latest)
	if err := waiting.Close(); err != nil {
		t.Errorf("the stream was closed, and says %v", err)
	}
	if n := r.ActiveSubscriptions(); n != 0 {
		t.Errorf("%d subscriptions after the one that waited was closed", n)
	}
	gone := r.stream(latest)
	_, err := r.DeregisterStreamConsumer(r.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: aws.String(consumerARN)})
	if err != nil {
		t.Fatal(err)
	}
	for range gone.Events() {
	}
	var told smithy.APIError
	if !errors.As(gone.Err(), &told) || told.ErrorCode() != "ResourceNotFoundException" {
		t.Errorf("the consumer is gone: %v", gone.Err())
	}
}

// stream subscribes the consumer "c" to the first shard, with the shapes of the
// SDK, until the test ends at the latest.
func (r *subscriptionRig) stream(at types.StartingPosition) *kinesis.SubscribeToShardEventStream {
	r.t.Helper()
	stream, err := r.SubscribeToShard(r.ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: aws.String(consumerARN), ShardId: aws.String("shardId-000000000000"), StartingPosition: &at,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { stream.Close() })
	return stream
}

// nextOf returns the next event.
func nextOf(t *testing.T, stream *kinesis.SubscribeToShardEventStream) types.SubscribeToShardEvent {
	t.Helper()
	e, ok := (<-stream.Events()).(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
	if !ok {
		t.Fatalf("no event: %v", stream.Err())
	}
	return e.Value
}
