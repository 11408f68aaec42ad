// The story of test/compat/README.md with the SDK for Go v2.
package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"leat.compat/kit"
)

const (
	streamName  = "go2"
	limitedName = "go2-limited"
	otherEnd    = "340282366920938463463374607431768211455"
	half        = "170141183460469231731687303715884105728"
	threeFourth = "255211775190703847597530955573826158592"
)

var (
	ctx    = context.Background()
	stream = aws.String(streamName)
	client = kinesis.NewFromConfig(kit.Must(config.LoadDefaultConfig(ctx)), plainBodies)
)

func plainBodies(o *kinesis.Options) { o.HTTPClient = kit.PlainBodies(o.HTTPClient) }

func main() {
	arn := create()
	put()
	limited()
	page()
	read()
	consumer := push(arn)
	expire()
	remove(consumer)
}

func create() (arn *string) {
	_, err := summary(stream)
	kit.Refused[*types.ResourceNotFoundException](err)
	kit.Must(client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: stream, ShardCount: aws.Int32(2)}))
	waitFor(stream)
	found := kit.Must(summary(stream)).StreamDescriptionSummary
	kit.Same("status", found.StreamStatus, types.StreamStatusActive)
	kit.Same("open shards", *found.OpenShardCount, 2)
	_, err = client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: stream, ShardCount: aws.Int32(1)})
	kit.Refused[*types.ResourceInUseException](err)
	_, err = client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("not a name"), ShardCount: aws.Int32(1)})
	kit.Refused[*types.ValidationException](err)
	return found.StreamARN
}

func summary(name *string) (*kinesis.DescribeStreamSummaryOutput, error) {
	return client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: name})
}

func waitFor(name *string) {
	waiter := kinesis.NewStreamExistsWaiter(client, func(o *kinesis.StreamExistsWaiterOptions) { o.MinDelay = time.Second })
	kit.Check(waiter.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: name}, time.Minute))
}

func expire() {
	old := iterator(&kinesis.GetShardIteratorInput{ShardId: aws.String(kit.Shard(0)), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	kit.Advance(6)
	_, err := client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: old})
	kit.Refused[*types.ExpiredIteratorException](err)
	_, err = client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("nonsense")})
	kit.Refused[*types.InvalidArgumentException](err)
}

func remove(consumer *string) {
	kit.Must(client.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: consumer}))
	_, err := client.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: consumer})
	kit.Refused[*types.ResourceNotFoundException](err)
	for _, name := range []string{streamName, limitedName} {
		kit.Must(client.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name}))
		waiter := kinesis.NewStreamNotExistsWaiter(client, func(o *kinesis.StreamNotExistsWaiterOptions) { o.MinDelay = time.Second })
		kit.Check(waiter.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &name}, time.Minute))
		_, err := summary(&name)
		kit.Refused[*types.ResourceNotFoundException](err)
	}
}
