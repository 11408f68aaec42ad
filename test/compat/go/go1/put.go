package main

import (
	"crypto/md5"
	"fmt"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/service/kinesis"

	"leat.compat/kit"
)

func put() {
	key := "schlüssel"
	out := kit.Must(client.PutRecord(&kinesis.PutRecordInput{StreamName: stream, Data: kit.Blob(), PartitionKey: &key}))
	kit.Same("route", *out.ShardId, kit.Shard(int(md5.Sum([]byte(key))[0]>>7)))
	kit.Same("sequence number", len(*out.SequenceNumber), 56)
	putNumbers(0)
	kit.Must(client.MergeShards(&kinesis.MergeShardsInput{
		StreamName: stream, ShardToMerge: aws.String(kit.Shard(0)), AdjacentShardToMerge: aws.String(kit.Shard(1)),
	}))
	waitFor(stream)
	putNumbers(300)
	split(2, half)
	waitFor(stream)
	putNumbers(600)
}

func putNumbers(first int) {
	entries := make([]*kinesis.PutRecordsRequestEntry, 300)
	for i := range entries {
		entries[i] = &kinesis.PutRecordsRequestEntry{
			Data:         fmt.Append(nil, first+i),
			PartitionKey: aws.String(fmt.Sprintf("key-%d", (first+i)%10)),
		}
	}
	out := kit.Must(client.PutRecords(&kinesis.PutRecordsInput{StreamName: stream, Records: entries}))
	kit.Same(fmt.Sprintf("batch from %d", first), *out.FailedRecordCount, 0)
}

func split(shard int, at string) {
	kit.Must(client.SplitShard(&kinesis.SplitShardInput{
		StreamName: stream, ShardToSplit: aws.String(kit.Shard(shard)), NewStartingHashKey: &at,
	}))
}

func limited() {
	name, key := aws.String(limitedName), aws.String("k")
	kit.Must(client.CreateStream(&kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int64(1)}))
	waitFor(name)
	kit.Must(client.AddTagsToStream(&kinesis.AddTagsToStreamInput{
		StreamName: name, Tags: map[string]*string{"leat:limits": aws.String("aws")},
	}))
	entries := make([]*kinesis.PutRecordsRequestEntry, 10)
	for i := range entries {
		entries[i] = &kinesis.PutRecordsRequestEntry{Data: make([]byte, 200_000), PartitionKey: key}
	}
	out := kit.Must(client.PutRecords(&kinesis.PutRecordsInput{StreamName: name, Records: entries}))
	failed := 0
	for _, r := range out.Records {
		if r.ErrorCode == nil {
			kit.Same("sequence number", len(*r.SequenceNumber), 56)
			continue
		}
		kit.Same("code", *r.ErrorCode, "ProvisionedThroughputExceededException")
		failed++
	}
	kit.Same("failed records", int(*out.FailedRecordCount), failed)
	kit.Same("partial failure", failed > 0 && failed < len(entries), true)

	var err error
	hasty := kinesis.New(process, aws.NewConfig().WithMaxRetries(0))
	for i := 0; i < 20 && err == nil; i++ {
		_, err = hasty.PutRecord(&kinesis.PutRecordInput{StreamName: name, Data: make([]byte, 900_000), PartitionKey: key})
	}
	kit.Refused[*kinesis.ProvisionedThroughputExceededException](err)
}
