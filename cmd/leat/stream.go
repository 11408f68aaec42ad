package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	"github.com/leat-io/leat/stream"
)

// newStream returns leat stream, which holds the commands that manage streams.
func newStream() *cobra.Command {
	return group("stream", "Create, list, describe, delete and reshard streams",
		newStreamCreate(), newStreamList(), newStreamDescribe(), newStreamDelete(),
		newStreamSplit(), newStreamMerge(), newStreamScale())
}

const (
	// A change of a stream takes no time at all on a leat that does not
	// imitate delays, and about a minute on AWS.
	settleLimit = 10 * time.Minute
	settleEvery = 200 * time.Millisecond
)

// changeOptions are the flags of the commands that change a stream.
type changeOptions struct {
	clientOptions
	noWait bool
}

func (o *changeOptions) addTo(cmd *cobra.Command) {
	o.clientOptions.addTo(cmd)
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "return at once, not when the change is done")
}

// settle waits until the stream is ACTIVE, or gone when it is being deleted.
func (o *changeOptions) settle(ctx context.Context, client *kinesis.Client, name string, deleted bool) error {
	if o.noWait {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		out, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
		var gone *types.ResourceNotFoundException
		switch {
		case errors.As(err, &gone) && deleted:
			return nil
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return fmt.Errorf("wait for the change of %s: not done after %v", name, settleLimit)
		case err != nil:
			return fmt.Errorf("wait for the change of %s: %w", name, err)
		case !deleted && out.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive:
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(settleEvery):
		}
	}
}

// listShards returns every shard of the stream, expired ones excepted.
func listShards(ctx context.Context, client *kinesis.Client, name string) ([]types.Shard, error) {
	var shards []types.Shard
	in := &kinesis.ListShardsInput{StreamName: &name}
	for {
		out, err := client.ListShards(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the shards of %s: %w", name, err)
		}
		shards = append(shards, out.Shards...)
		if out.NextToken == nil {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

// findShard returns the shard that a person means by text: its id, or just its
// number.
func findShard(shards []types.Shard, name, text string) (types.Shard, error) {
	want, ok := stream.ParseShardID(text)
	if !ok {
		return types.Shard{}, usagef("%q is no shard; give an id such as shardId-000000000003, or just 3", text)
	}
	for _, s := range shards {
		if id, ok := stream.ParseShardID(*s.ShardId); ok && id == want {
			return s, nil
		}
	}
	return types.Shard{}, fmt.Errorf("stream %s has no shard %s; see: leat stream describe %s", name, want, name)
}
