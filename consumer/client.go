package consumer

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// callTimeout bounds every call, so that a server that takes a connection and
// says nothing is asked again (kinesisRequestTimeout).
const callTimeout = 30 * time.Second

// Kinesis is what a worker calls to find shards and to poll them. *kinesis.Client
// of the AWS SDK is one, against AWS or leat; InProcess makes one of a service
// in this process.
type Kinesis interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// FanOut is what a worker calls besides to have records pushed, see
// EnhancedFanOut. A *kinesis.Client is turned into one by itself.
type FanOut interface {
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
	DescribeStreamConsumer(context.Context, *kinesis.DescribeStreamConsumerInput, ...func(*kinesis.Options)) (*kinesis.DescribeStreamConsumerOutput, error)
	RegisterStreamConsumer(context.Context, *kinesis.RegisterStreamConsumerInput, ...func(*kinesis.Options)) (*kinesis.RegisterStreamConsumerOutput, error)
	// Subscribe begins a subscription, which the caller closes. It ends with
	// ctx too.
	Subscribe(ctx context.Context, in *kinesis.SubscribeToShardInput) (Subscription, error)
}

// Subscription is one SubscribeToShard under way; the SDK's
// *kinesis.SubscribeToShardEventStream is one.
type Subscription interface {
	// Events gives the events in order. It is closed at the end.
	Events() <-chan types.SubscribeToShardEventStream
	// Err says, once Events is closed, why; nil after an ordinary end.
	Err() error
	// Close ends the subscription; later calls do nothing.
	Close() error
}

// sdkFanOut is the FanOut of a client of the AWS SDK.
type sdkFanOut struct{ *kinesis.Client }

// Subscribe subscribes with a copy of the client: a client of smithy-go 1.28
// has one decoder of events, which its subscriptions would race for.
func (c sdkFanOut) Subscribe(ctx context.Context, in *kinesis.SubscribeToShardInput) (Subscription, error) {
	out, err := kinesis.New(c.Options()).SubscribeToShard(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.GetStream(), nil
}

// fanOutOf returns the FanOut that a client is, or is turned into.
func fanOutOf(client Kinesis) (FanOut, bool) {
	if c, ok := client.(*kinesis.Client); ok {
		return sdkFanOut{c}, true
	}
	f, ok := client.(FanOut)
	return f, ok
}
