package producer

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	p.mu.Lock()
	strange := p.strangeLocked()
	p.mu.Unlock()
	open, err := p.listShards()
	if err == nil {
		err = p.findShards(strange, open)
	}
	p.mu.Lock()
	now := time.Now()
	p.mu.shards.reading = false
	var done []finished
	if err == nil {
		p.mu.shards.seeAgain(now)
		p.installLocked(open, asked, now)
		done = p.judgeHeldLocked(strange, now)
	} else {
		p.failedMapLocked(err, now)
	}
	p.mu.Unlock()
	p.deliver(done)
	p.wakeUp()
}

// strangeLocked returns the shards to which aggregates have come and of which
// nothing is known yet.
func (p *Producer) strangeLocked() map[string]*shard {
	strange := make(map[string]*shard)
	for _, h := range p.mu.shards.held {
		strange[h.stored.shardID] = nil
	}
	return strange
}

// findShards finds out about shards that are not open any more, where there
// are such among the strange ones. One that the service has forgotten stays nil.
func (p *Producer) findShards(strange map[string]*shard, open []*shard) error {
	for _, s := range open {
		if _, ok := strange[s.id]; ok {
			strange[s.id] = s
		}
	}
	for id, s := range strange {
		if s != nil {
			continue
		}
		in := &kinesis.ListShardsInput{StreamName: p.name.name, StreamARN: p.name.arn, MaxResults: aws.Int32(1)}
		if number, ok := stream.ParseShardID(id); ok && number > 0 {
			in.ExclusiveStartShardId = aws.String((number - 1).String())
		}
		out, err := p.listPage(in)
		if err != nil {
			return err
		}
		if len(out.Shards) == 0 || aws.ToString(out.Shards[0].ShardId) != id {
			continue
		}
		if strange[id], err = newShard(out.Shards[0]); err != nil {
			return err
		}
	}
	return nil
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
			return shards, checkTiles(shards)
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
	return nil, fmt.Errorf("the list of shards has more than %d pages", maxShardPages)
}

// checkTiles sorts shards by their ranges, and reports an error unless these
// cover all hash keys once. They do not when the stream was resharded while its
// list was read page by page.
func checkTiles(shards []*shard) error {
	slices.SortFunc(shards, func(a, b *shard) int { return a.owns.End.Compare(b.owns.End) })
	var next stream.HashKey
	for i, s := range shards {
		if s.owns.Start != next {
			return fmt.Errorf("the list of shards is torn: %s begins at %v, not at %v", s.id, s.owns.Start, next)
		}
		if next = s.owns.End.Next(); next == (stream.HashKey{}) && i == len(shards)-1 {
			return nil
		}
	}
	return errors.New("the list of open shards ends before the hash keys do")
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
