package producer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// maxShardPages bounds how many pages of 1,000 shards are read, far above what a
// stream can have, so that a server that never ends a list is found out.
const maxShardPages = 1000

// readMap reads the map of shards once, and puts it into force.
func (p *Producer) readMap() {
	asked := time.Now()
	read, err := p.listShards()
	p.mu.Lock()
	now := time.Now()
	p.mu.shards.reading = false
	var done []finished
	if err == nil {
		p.mu.shards.seeAgain(now)
		p.installLocked(read, asked, now)
		done = p.judgeHeldLocked(now)
	} else {
		p.failedMapLocked(err, now)
	}
	p.mu.Unlock()
	p.deliver(done)
	p.wakeUp()
}

// listShards returns the open shards of the stream.
func (p *Producer) listShards() ([]*shard, error) {
	in := &kinesis.ListShardsInput{
		StreamName: p.name.name, StreamARN: p.name.arn,
		ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest},
		MaxResults:  aws.Int32(1000),
	}
	var shards []*shard
	for range maxShardPages {
		out, err := p.listPage(in)
		if err != nil {
			return nil, err
		}
		for _, s := range out.Shards {
			made, err := newShard(s)
			if err != nil {
				return nil, err
			}
			shards = append(shards, made)
		}
		if out.NextToken == nil {
			if len(shards) == 0 {
				return nil, errors.New("the stream has no open shards")
			}
			return shards, nil
		}
		in = &kinesis.ListShardsInput{StreamARN: p.name.arn, NextToken: out.NextToken}
	}
	return nil, fmt.Errorf("the list of shards has more than %d pages", maxShardPages)
}

func (p *Producer) listPage(in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	ctx, cancel := context.WithTimeout(p.ctx, p.config.requestTimeout)
	defer cancel()
	return p.client.ListShards(ctx, in)
}

// newShard makes a shard of the service's description.
func newShard(s types.Shard) (*shard, error) {
	if s.HashKeyRange == nil {
		return nil, fmt.Errorf("shard %s has no hash key range", aws.ToString(s.ShardId))
	}
	start, err := stream.ParseHashKey(aws.ToString(s.HashKeyRange.StartingHashKey))
	if err != nil {
		return nil, fmt.Errorf("shard %s: %w", aws.ToString(s.ShardId), err)
	}
	end, err := stream.ParseHashKey(aws.ToString(s.HashKeyRange.EndingHashKey))
	if err != nil {
		return nil, fmt.Errorf("shard %s: %w", aws.ToString(s.ShardId), err)
	}
	return &shard{id: aws.ToString(s.ShardId), owns: stream.HashKeyRange{Start: start, End: end}}, nil
}
