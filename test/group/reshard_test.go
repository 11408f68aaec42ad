package group

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat/stream"
)

// The open shards that a history may have.
const (
	firstShards = 4
	minShards   = 2
	maxShards   = 8
)

// resharder splits, merges and scales the stream while lines are processed.
type resharder struct {
	client *kinesis.Client
	random *rand.Rand
	ledger *ledger
	done   int // operations that the server has acknowledged
}

// run carries one operation out at each of the moments.
func (r *resharder) run(ctx context.Context, moments []int) error {
	operations := []func(context.Context, []types.Shard) error{r.split, r.merge, r.scale}
	for i, at := range moments {
		if err := r.ledger.lines(ctx, at); err != nil {
			return err
		}
		if err := r.once(ctx, operations[i%len(operations)]); err != nil {
			return fmt.Errorf("reshard %d: %w", i, err)
		}
	}
	return nil
}

// once carries one operation out. When there is no answer it looks at the
// stream again, since the operation may have happened.
func (r *resharder) once(ctx context.Context, operation func(context.Context, []types.Shard) error) error {
	for {
		shards, err := listShards(ctx, r.client)
		if err != nil {
			return err
		}
		open := slices.DeleteFunc(shards, closed)
		slices.SortFunc(open, func(a, b types.Shard) int { return start(a).Compare(start(b)) })
		err = operation(ctx, open)
		var answered smithy.APIError
		switch {
		case err == nil:
			r.done++
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errNothingToDo):
			return nil
		case errors.As(err, &answered):
			return err
		}
	}
}

// errNothingToDo says that the stream is too small or too large already.
var errNothingToDo = errors.New("nothing to do")

// split splits a shard in the middle.
func (r *resharder) split(ctx context.Context, open []types.Shard) error {
	if len(open) >= maxShards {
		return errNothingToDo
	}
	s := open[r.random.IntN(len(open))]
	from, to := start(s), hashKey(s.HashKeyRange.EndingHashKey)
	at := stream.HashKey{Hi: from.Hi + (to.Hi-from.Hi)/2 + 1}
	_, err := r.client.SplitShard(ctx, &kinesis.SplitShardInput{
		StreamName: aws.String(streamName), ShardToSplit: s.ShardId, NewStartingHashKey: aws.String(at.String()),
	}, once)
	return err
}

// merge merges two adjacent shards.
func (r *resharder) merge(ctx context.Context, open []types.Shard) error {
	if len(open) <= minShards {
		return errNothingToDo
	}
	i := r.random.IntN(len(open) - 1)
	_, err := r.client.MergeShards(ctx, &kinesis.MergeShardsInput{
		StreamName: aws.String(streamName), ShardToMerge: open[i].ShardId, AdjacentShardToMerge: open[i+1].ShardId,
	}, once)
	return err
}

// scale changes the number of shards, within what AWS allows at once.
func (r *resharder) scale(ctx context.Context, open []types.Shard) error {
	low, high := max(minShards, (len(open)+1)/2), min(maxShards, 2*len(open))
	_, err := r.client.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{
		StreamName: aws.String(streamName), TargetShardCount: aws.Int32(int32(low + r.random.IntN(high-low+1))), ScalingType: types.ScalingTypeUniformScaling,
	}, once)
	return err
}

// once has a call made once, since nobody knows whether one without an answer
// was carried out.
func once(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} }

// listShards returns all shards, trying until there is an answer.
func listShards(ctx context.Context, c *kinesis.Client) (shards []types.Shard, err error) {
	in := &kinesis.ListShardsInput{StreamName: aws.String(streamName)}
	for {
		out, err := c.ListShards(ctx, in)
		var answered smithy.APIError
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.As(err, &answered):
			return nil, fmt.Errorf("list shards: %w", err)
		case err != nil:
			continue
		}
		shards = append(shards, out.Shards...)
		if out.NextToken == nil {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

func closed(s types.Shard) bool { return s.SequenceNumberRange.EndingSequenceNumber != nil }

func start(s types.Shard) stream.HashKey { return hashKey(s.HashKeyRange.StartingHashKey) }

// hashKey parses what the server says; a wrong one is at 0.
func hashKey(text *string) stream.HashKey {
	k, err := stream.ParseHashKey(aws.ToString(text))
	if err != nil {
		return stream.HashKey{}
	}
	return k
}
