package consumer

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// Service is the part of Kinesis that InProcess needs of a service in this
// process to poll: methods like those of the SDK's client, without options.
type Service interface {
	ListShards(context.Context, *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error)
}

// PushService is a Service that pushes records too, for EnhancedFanOut. The
// stream of a subscription ends with the call's context, and is closed by the
// caller.
type PushService interface {
	Service
	DescribeStreamSummary(context.Context, *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error)
	DescribeStreamConsumer(context.Context, *kinesis.DescribeStreamConsumerInput) (*kinesis.DescribeStreamConsumerOutput, error)
	RegisterStreamConsumer(context.Context, *kinesis.RegisterStreamConsumerInput) (*kinesis.RegisterStreamConsumerOutput, error)
	SubscribeToShard(context.Context, *kinesis.SubscribeToShardInput) (*kinesis.SubscribeToShardEventStream, error)
}

// InProcess returns a Kinesis that calls s directly, with no network between, and
// is a FanOut when s is a PushService. Its errors are told apart by their
// ErrorCode, as those of the SDK are.
//
// The contexts of the calls have the values of the context of Run; leat's service
// finds the account and the region there that the streams belong to.
func InProcess(s Service) Kinesis {
	if push, ok := s.(PushService); ok {
		return pushing{polling{s}, push}
	}
	return polling{s}
}

// polling is the Kinesis of a Service.
type polling struct{ s Service }

func (p polling) ListShards(ctx context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	return p.s.ListShards(ctx, in)
}

func (p polling) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	return p.s.GetShardIterator(ctx, in)
}

func (p polling) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	return p.s.GetRecords(ctx, in)
}

// pushing is the Kinesis and the FanOut of a PushService.
type pushing struct {
	polling
	s PushService
}

func (p pushing) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error) {
	return p.s.DescribeStreamSummary(ctx, in)
}

func (p pushing) DescribeStreamConsumer(ctx context.Context, in *kinesis.DescribeStreamConsumerInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamConsumerOutput, error) {
	return p.s.DescribeStreamConsumer(ctx, in)
}

func (p pushing) RegisterStreamConsumer(ctx context.Context, in *kinesis.RegisterStreamConsumerInput, _ ...func(*kinesis.Options)) (*kinesis.RegisterStreamConsumerOutput, error) {
	return p.s.RegisterStreamConsumer(ctx, in)
}

func (p pushing) Subscribe(ctx context.Context, in *kinesis.SubscribeToShardInput) (Subscription, error) {
	stream, err := p.s.SubscribeToShard(ctx, in)
	if err != nil {
		return nil, err
	}
	return stream, nil
}
