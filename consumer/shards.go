package consumer

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

// listShards returns the shards that the filter selects, of all pages; nil
// selects all.
func listShards(ctx context.Context, client Kinesis, s source, filter *types.ShardFilter) ([]types.Shard, error) {
	var shards []types.Shard
	in := &kinesis.ListShardsInput{StreamName: s.nameOrNil(), StreamARN: s.arn, ShardFilter: filter}
	for {
		calling, cancel := context.WithTimeout(ctx, callTimeout)
		out, err := client.ListShards(calling, in)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("list the shards of %s: %w", s.name, err)
		}
		shards = append(shards, out.Shards...)
		if out.NextToken == nil {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

// lostShard returns what follows a shard that does not exist any more, or ended
// without telling: its children, or none when the stream was deleted or they
// are gone as well. A shard that does exist and has no children gives an error:
// somebody was wrong, and may be right next time.
func lostShard(ctx context.Context, client Kinesis, s source, id string) ([]types.ChildShard, error) {
	shards, err := listShards(ctx, client, s, nil)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var children []types.ChildShard
	exists := false
	for _, other := range shards {
		exists = exists || aws.ToString(other.ShardId) == id
		parents := parentsOf(other)
		for _, parent := range parents {
			if parent == id {
				children = append(children, types.ChildShard{ShardId: other.ShardId, ParentShards: parents, HashKeyRange: other.HashKeyRange})
			}
		}
	}
	if exists && len(children) == 0 {
		return nil, fmt.Errorf("shard %s exists and has no children, yet it seems to have ended", id)
	}
	return children, nil
}

// parentsOf returns the ids of a shard's parents: none, one or two.
func parentsOf(s types.Shard) []string {
	var parents []string
	for _, p := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
		if aws.ToString(p) != "" {
			parents = append(parents, *p)
		}
	}
	return parents
}

// newLease returns the lease of a shard of s, owned by nobody.
func newLease(s source, id string, parents []string, r *types.HashKeyRange, at lease.Checkpoint) lease.Lease {
	l := lease.New(s.id.String(), id, at)
	l.Parents = parents
	l.HashRange, l.HasHashRange = hashRangeOf(r)
	return l
}

// hashRangeOf reads a shard's hash key range. It reports false for one that
// cannot be read.
func hashRangeOf(r *types.HashKeyRange) (stream.HashKeyRange, bool) {
	if r == nil {
		return stream.HashKeyRange{}, false
	}
	start, errStart := stream.ParseHashKey(aws.ToString(r.StartingHashKey))
	end, errEnd := stream.ParseHashKey(aws.ToString(r.EndingHashKey))
	return stream.HashKeyRange{Start: start, End: end}, errStart == nil && errEnd == nil
}
