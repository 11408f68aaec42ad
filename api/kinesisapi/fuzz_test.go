package kinesisapi_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/awsjson"
)

// FuzzDecode decodes anything as the input of every operation: it must not
// panic, and what it accepts must survive being encoded and decoded again.
func FuzzDecode(f *testing.F) {
	names := slices.Sorted(maps.Keys(kinesisapi.Service.Operations))
	for i := range names {
		f.Add(uint8(i), `{"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"a"}],"Tags":{"a":"b"},"TagKeys":["a"]}`)
	}
	for _, seed := range []struct{ operation, body string }{
		{"GetShardIterator", `{"StreamName":"s","ShardId":"0","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1700000000.123,"DryRun":false}`},
		{"ListShards", `{"ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":-1.5},"MaxResults":5}`},
		{"SubscribeToShard", `{"ConsumerARN":"arn:aws:kinesis:r:123456789012:stream/s/consumer/c:1","ShardId":"0","StartingPosition":{"Type":"LATEST"}}`},
		{"EnableEnhancedMonitoring", `{"StreamName":"s","ShardLevelMetrics":["ALL","IncomingBytes"]}`},
		{"CreateChannel", `{"ChannelName":"c","ServiceExecutionRoleARN":"arn:aws:iam::123456789012:role/r","StreamConfigurationList":[{"StreamARN":"arn:aws:kinesis:r:123456789012:stream/s","RecordConfiguration":{"RecordFormatType":"JSON"}}],"S3TablesDestinationConfiguration":{"DeadLetterQueueS3Configuration":{"BucketARN":"arn:aws:s3:::bucket","ExpectedBucketOwner":"1"},"S3TablesConfigurationList":[{"TableBucketARN":"x","Namespace":"n","TableName":"t","CompressionType":"ZSTD","PartitionSpec":{"PartitionFields":[{"SourceName":"s","Transform":"TIME_HOUR"}]}}]}}`},
		{"UpdateAccountSettings", `{"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}}`},
	} {
		f.Add(uint8(slices.Index(names, seed.operation)), seed.body)
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		v, ok := awsjson.Parse([]byte(body))
		if !ok {
			return
		}
		name := names[int(which)%len(names)]
		in := reflect.New(inputTypes[name]).Interface()
		if err := api.Decode(v, in, kinesisapi.Service.Operations[name]); err != nil {
			return
		}
		text := awsjson.Append(nil, in, nil)
		v, ok = awsjson.Parse(text)
		if !ok {
			t.Fatalf("%s: encoded as %s, which is not JSON", name, text)
		}
		again := reflect.New(inputTypes[name]).Interface()
		if err := api.Decode(v, again, kinesisapi.Service.Operations[name]); err != nil {
			t.Fatalf("%s: encoded as %s: %v", name, text, err)
		}
		if !reflect.DeepEqual(in, again) {
			t.Fatalf("%s: %s decodes to something else", name, text)
		}
	})
}
