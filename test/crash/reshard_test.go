package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// The open shards that a history may have.
const (
	minShards = 2
	maxShards = 24
)

// resharder splits, merges and scales the stream at the given moments.
type resharder struct {
	client   *kinesis.Client
	random   *rand.Rand
	progress *progress
	done     int // operations that the server has acknowledged
}

func (r *resharder) run(ctx context.Context, moments []int) error {
	operations := []func(context.Context, []shard) error{r.split, r.merge, r.scale}
	for i, at := range moments {
		if err := r.progress.wait(ctx, at); err != nil {
			return err
		}
		if err := r.once(ctx, operations[i%len(operations)]); err != nil {
			return fmt.Errorf("reshard %d: %w", i, err)
		}
	}
	return nil
}

// once carries one operation out. When the connection is lost it looks at the
// stream again, since the operation may have happened.
func (r *resharder) once(ctx context.Context, operation func(context.Context, []shard) error) error {
	for {
		shards, err := listShards(ctx, r.client)
		if err != nil {
			return err
		}
		open, err := openShards(shards)
		if err != nil {
			return err
		}
		err = operation(ctx, open)
		switch {
		case err == nil:
			r.done++
			return nil
		case errors.Is(err, errNothingToDo):
			return nil
		case !lost(ctx, err):
			return err
		}
	}
}

// errNothingToDo says that the stream is too small or too large already.
var errNothingToDo = errors.New("nothing to do")

// split splits a shard at a random place.
func (r *resharder) split(ctx context.Context, open []shard) error {
	if len(open) >= maxShards {
		return errNothingToDo
	}
	s := open[r.random.IntN(len(open))]
	width := s.owns.End.Hi - s.owns.Start.Hi
	if width < 16 {
		return errNothingToDo
	}
	at := stream.HashKey{Hi: s.owns.Start.Hi + width/4 + r.random.Uint64N(width/2), Lo: r.random.Uint64()}
	_, err := r.client.SplitShard(ctx, &kinesis.SplitShardInput{
		StreamName: aws.String(streamName), ShardToSplit: aws.String(s.id.String()), NewStartingHashKey: aws.String(at.String()),
	})
	return err
}

// merge merges two adjacent shards.
func (r *resharder) merge(ctx context.Context, open []shard) error {
	if len(open) <= minShards {
		return errNothingToDo
	}
	i := r.random.IntN(len(open) - 1)
	_, err := r.client.MergeShards(ctx, &kinesis.MergeShardsInput{
		StreamName: aws.String(streamName), ShardToMerge: aws.String(open[i].id.String()), AdjacentShardToMerge: aws.String(open[i+1].id.String()),
	})
	return err
}

// scale changes the number of shards, within what AWS allows at once.
func (r *resharder) scale(ctx context.Context, open []shard) error {
	low, high := max(minShards, (len(open)+1)/2), min(maxShards, 2*len(open))
	target := int32(low + r.random.IntN(high-low+1))
	out, err := r.client.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{
		StreamName: aws.String(streamName), TargetShardCount: &target, ScalingType: types.ScalingTypeUniformScaling,
	})
	if err == nil && (aws.ToInt32(out.CurrentShardCount) != int32(len(open)) || aws.ToInt32(out.TargetShardCount) != target) {
		return &wrongAnswer{fmt.Sprintf("scaled from %d to %d shards, want %d to %d",
			aws.ToInt32(out.CurrentShardCount), aws.ToInt32(out.TargetShardCount), len(open), target)}
	}
	return err
}
