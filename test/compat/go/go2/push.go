package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"leat.compat/kit"
)

func push(arn *string) (consumer *string) {
	register := &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("reader")}
	consumer = kit.Must(client.RegisterStreamConsumer(ctx, register)).Consumer.ConsumerARN
	consumers := kit.Must(client.ListStreamConsumers(ctx, &kinesis.ListStreamConsumersInput{StreamARN: arn})).Consumers
	kit.Same("consumers", len(consumers), 1)
	kit.Same("consumer's name", *consumers[0].ConsumerName, "reader")
	described := kit.Must(client.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: consumer}))
	kit.Same("consumer", described.ConsumerDescription.ConsumerStatus, types.ConsumerStatusActive)
	_, err := client.RegisterStreamConsumer(ctx, register)
	kit.Refused[*types.ResourceInUseException](err)

	events := subscribe(consumer, &types.StartingPosition{Type: types.ShardIteratorTypeLatest})
	putLast("one")
	pushed, last := listen(events, func() { kit.Advance(5) })
	kit.Same("pushed until the session's end", pushed, []string{"one"})
	putLast("two")
	events = subscribe(consumer, &types.StartingPosition{
		Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: last.ContinuationSequenceNumber,
	})
	pushed, last = listen(events, func() {
		putLast("three")
		split(4, threeFourth)
	})
	kit.Same("pushed until the shard's end", pushed, []string{"two", "three"})
	kit.Same("no continuation", last.ContinuationSequenceNumber, nil)
	kit.Same("children", len(last.ChildShards), 2)
	kit.Same("first child", *last.ChildShards[0].ShardId, kit.Shard(5))
	kit.Same("second child", *last.ChildShards[1].ShardId, kit.Shard(6))
	return consumer
}

func subscribe(consumer *string, from *types.StartingPosition) *kinesis.SubscribeToShardEventStream {
	return kit.Must(client.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: consumer, ShardId: aws.String(kit.Shard(4)), StartingPosition: from,
	})).GetStream()
}

func putLast(text string) {
	kit.Must(client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: stream, Data: []byte(text), PartitionKey: aws.String("k"), ExplicitHashKey: aws.String(otherEnd),
	}))
}

// listen reads a subscription to its end and returns the records and the last
// event. After the first record it calls then.
func listen(events *kinesis.SubscribeToShardEventStream, then func()) (pushed []string, last types.SubscribeToShardEvent) {
	defer events.Close()
	for event := range events.Events() {
		last = event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
		first := len(pushed) == 0
		for _, r := range last.Records {
			pushed = append(pushed, string(r.Data))
		}
		if first && len(pushed) > 0 {
			then()
		}
	}
	kit.Check(events.Err())
	return pushed, last
}
