package crash

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/stream"
)

// shard is a shard as ListShards tells of it.
type shard struct {
	id      stream.ShardID
	owns    stream.HashKeyRange
	parents []stream.ShardID
	start   stream.SequenceNumber
	end     stream.SequenceNumber // zero while the shard is open
}

func (s *shard) open() bool { return s.end.IsZero() }

func parseShard(in types.Shard) (s shard, err error) {
	var ok bool
	if s.id, ok = stream.ParseShardID(aws.ToString(in.ShardId)); !ok {
		return s, fmt.Errorf("shard id %q", aws.ToString(in.ShardId))
	}
	for _, parent := range []*string{in.ParentShardId, in.AdjacentParentShardId} {
		if parent != nil {
			id, _ := stream.ParseShardID(*parent)
			s.parents = append(s.parents, id)
		}
	}
	if s.owns.Start, err = stream.ParseHashKey(aws.ToString(in.HashKeyRange.StartingHashKey)); err != nil {
		return s, err
	}
	if s.owns.End, err = stream.ParseHashKey(aws.ToString(in.HashKeyRange.EndingHashKey)); err != nil {
		return s, err
	}
	if s.start, err = stream.ParseSequenceNumber(aws.ToString(in.SequenceNumberRange.StartingSequenceNumber)); err != nil {
		return s, err
	}
	if end := in.SequenceNumberRange.EndingSequenceNumber; end != nil {
		s.end, err = stream.ParseSequenceNumber(*end)
	}
	return s, err
}

// byLineage sorts shards so that parents stand before their children. Shard
// numbers do that, which the check makes sure of.
func byLineage(shards []shard) error {
	slices.SortFunc(shards, func(a, b shard) int { return int(a.id) - int(b.id) })
	for _, s := range shards {
		for _, parent := range s.parents {
			i := slices.IndexFunc(shards, func(p shard) bool { return p.id == parent })
			switch {
			case i < 0:
				return fmt.Errorf("%v has the parent %v, which is not listed", s.id, parent)
			case parent >= s.id || shards[i].open():
				return fmt.Errorf("%v is the child of %v, which is not older and closed", s.id, parent)
			case s.start.Compare(shards[i].end) <= 0:
				return fmt.Errorf("%v starts at %v, not above the end of its parent %v", s.id, s.start, shards[i].end)
			}
		}
	}
	return nil
}

// openShards returns the open ones of shards in the order of their ranges, and
// an error unless they cover all hash keys once.
func openShards(shards []shard) (open []shard, err error) {
	for _, s := range shards {
		if s.open() {
			open = append(open, s)
		}
	}
	slices.SortFunc(open, func(a, b shard) int { return a.owns.Start.Compare(b.owns.Start) })
	next := stream.HashKey{}
	for i, s := range open {
		if s.owns.Start != next || (i == len(open)-1) != (s.owns.End == stream.MaxHashKey) {
			return nil, fmt.Errorf("open shards do not tile the hash keys at %v: %+v", next, open)
		}
		next = s.owns.End.Next()
	}
	if len(open) == 0 {
		return nil, fmt.Errorf("none of %d shards is open", len(shards))
	}
	return open, nil
}
