package crash

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// follower reads the stream while it is written, and keeps a fingerprint of
// what it has seen of each shard: a record that was readable once must be there
// at the end, in the same place, whatever was killed in between.
type follower struct {
	client *kinesis.Client
	shards map[stream.ShardID]*followed
}

// followed is how far the follower has come in a shard.
type followed struct {
	records  int
	sum      hash.Hash
	iterator *string // nil at the end of a closed shard
	ended    bool
	children []types.ChildShard
}

// fold adds a record to a fingerprint.
func fold(sum hash.Hash, r *types.Record) {
	fmt.Fprintf(sum, "%s %s %d %d ", *r.SequenceNumber, *r.PartitionKey, r.ApproximateArrivalTimestamp.UnixMilli(), len(r.Data))
	sum.Write(r.Data)
}

// run follows all shards until stop is closed.
func (f *follower) run(ctx context.Context, stop <-chan struct{}) error {
	for {
		shards, err := listShards(ctx, f.client)
		if err != nil {
			return err
		}
		for _, s := range shards {
			select {
			case <-stop:
				return nil
			default:
			}
			if err := f.advance(ctx, s.id); err != nil {
				return fmt.Errorf("follow %v: %w", s.id, err)
			}
		}
	}
}

// advance reads the next page of a shard.
func (f *follower) advance(ctx context.Context, id stream.ShardID) error {
	p := f.shards[id]
	if p == nil {
		it, err := iteratorAtStart(ctx, f.client, id)
		if err != nil {
			return err
		}
		p = &followed{sum: sha256.New(), iterator: it}
		f.shards[id] = p
	}
	if p.ended {
		return nil
	}
	// An iterator outlives the server that made it.
	out, err := untilAnswered(ctx, func() (*kinesis.GetRecordsOutput, error) {
		return f.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: p.iterator, Limit: aws.Int32(1000)})
	})
	if err != nil {
		return err
	}
	for i := range out.Records {
		fold(p.sum, &out.Records[i])
	}
	p.records += len(out.Records)
	p.iterator, p.ended, p.children = out.NextShardIterator, out.NextShardIterator == nil, out.ChildShards
	return nil
}

// iteratorAtStart returns an iterator for the oldest record of a shard.
func iteratorAtStart(ctx context.Context, c *kinesis.Client, id stream.ShardID) (*string, error) {
	out, err := untilAnswered(ctx, func() (*kinesis.GetShardIteratorOutput, error) {
		return c.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: aws.String(streamName), ShardId: aws.String(id.String()), ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
		})
	})
	if err != nil {
		return nil, fmt.Errorf("shard iterator: %w", err)
	}
	return out.ShardIterator, nil
}

// childIDs returns the ids of the children that the end of a shard names.
func childIDs(children []types.ChildShard) (ids []stream.ShardID) {
	for _, c := range children {
		id, _ := stream.ParseShardID(aws.ToString(c.ShardId))
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
