package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"leat.compat/kit"
)

func page() {
	var names []string
	for pages := kinesis.NewListStreamsPaginator(client, &kinesis.ListStreamsInput{Limit: aws.Int32(1)}); pages.HasMorePages(); {
		for _, name := range kit.Must(pages.NextPage(ctx)).StreamNames {
			if strings.HasPrefix(name, streamName) {
				names = append(names, name)
			}
		}
	}
	kit.Same("streams page by page", names, []string{streamName, limitedName})

	var shards []string
	for in := (&kinesis.ListShardsInput{StreamName: stream}); in != nil; {
		in.MaxResults = aws.Int32(1)
		out := kit.Must(client.ListShards(ctx, in))
		kit.Same("shards of a page", len(out.Shards), 1)
		shards = append(shards, *out.Shards[0].ShardId)
		if in = nil; out.NextToken != nil {
			in = &kinesis.ListShardsInput{NextToken: out.NextToken}
		}
	}
	kit.Same("shards page by page", shards, []string{kit.Shard(0), kit.Shard(1), kit.Shard(2), kit.Shard(3), kit.Shard(4)})
}

func read() {
	records, ended := follow()
	kit.Same("shards in order", ended, []string{kit.Shard(0), kit.Shard(1), kit.Shard(2), kit.Shard(3), kit.Shard(4)})
	values := map[string][]string{}
	var middle types.Record
	for _, r := range records {
		values[*r.PartitionKey] = append(values[*r.PartitionKey], string(r.Data))
		if string(r.Data) == "300" {
			middle = r
		}
	}
	kit.Same("blob", values["schlüssel"], []string{string(kit.Blob())})
	for key := range 10 {
		var want []string
		for i := key; i < 900; i += 10 {
			want = append(want, fmt.Sprint(i))
		}
		name := fmt.Sprintf("key-%d", key)
		kit.Same("order of "+name, values[name], want)
	}
	at := iterator(&kinesis.GetShardIteratorInput{
		ShardId: aws.String(kit.Shard(2)), ShardIteratorType: types.ShardIteratorTypeAtTimestamp,
		Timestamp: middle.ApproximateArrivalTimestamp,
	})
	kit.Same("at timestamp", len(kit.Must(client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at})).Records), 300)
}

func iterator(in *kinesis.GetShardIteratorInput) *string {
	in.StreamName = stream
	return kit.Must(client.GetShardIterator(ctx, in)).ShardIterator
}

// follow reads the whole stream, parents before children, and returns its
// records and its shards in the order in which their ends were reached.
func follow() (records []types.Record, ended []string) {
	var ready, started []string
	shards := kit.Must(client.ListShards(ctx, &kinesis.ListShardsInput{
		StreamName: stream, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon},
	})).Shards
	for _, s := range shards {
		ready = append(ready, *s.ShardId)
	}
	for len(ready) > 0 {
		shard := ready[0]
		ready, started = ready[1:], append(started, shard)
		found, children := readShard(shard)
		records, ended = append(records, found...), append(ended, shard)
		for _, c := range children {
			waits := slices.ContainsFunc(c.ParentShards, func(p string) bool { return !slices.Contains(ended, p) })
			if !waits && !slices.Contains(started, *c.ShardId) {
				ready = append(ready, *c.ShardId)
			}
		}
	}
	return records, ended
}

// readShard reads a shard from its start to its end, or to its tip.
func readShard(shard string) (records []types.Record, children []types.ChildShard) {
	it := iterator(&kinesis.GetShardIteratorInput{ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	for it != nil {
		out := kit.Must(client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: it, Limit: aws.Int32(100)}))
		records, it, children = append(records, out.Records...), out.NextShardIterator, out.ChildShards
		if (it == nil) != (len(children) > 0) {
			kit.Same("children at the end alone", fmt.Sprint(it == nil, children), "either")
		}
		if it != nil && len(out.Records) == 0 && *out.MillisBehindLatest == 0 {
			break
		}
	}
	return records, children
}
