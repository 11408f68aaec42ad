package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// MergeShards closes two shards and opens one in their place. Refused, in this
// order: when there is no such stream, when it is not ACTIVE or on-demand, when
// one of the shards does not exist, when one is closed, when the second is not
// right of the first, and when the stream has too many shards, closed ones
// included.
type MergeShards struct {
	Ref
	Shard    stream.ShardID `json:"shard"`
	Adjacent stream.ShardID `json:"adjacent"`
}

func (*MergeShards) kind() string { return "merge_shards" }

func (cmd *MergeShards) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	if x.Mode == types.StreamModeOnDemand {
		return onDemand(x), true
	}
	for _, id := range []stream.ShardID{cmd.Shard, cmd.Adjacent} {
		if sh, ok := x.Shard(id); !ok || x.Expired(sh, t.AtMillis) {
			return ShardNotFound(x.Account, x.Name, id.String()), true
		}
	}
	a, err := x.reshardable(cmd.Shard, t)
	if err != nil {
		return err, true
	}
	b, err := x.reshardable(cmd.Adjacent, t)
	if err != nil {
		return err, true
	}
	if a.Range.End == stream.MaxHashKey || a.Range.End.Next() != b.Range.Start {
		return api.Errorf(kinesisapi.InvalidArgument, "Shards %s and %s in stream %s under account %s "+
			"are not an adjacent pair of shards eligible for merging", a.ID(), b.ID(), x.Name, x.Account), true
	}
	err = x.roomInLineage(t)
	return err, err != nil
}

func (cmd *MergeShards) apply(s *state, t Terms, e *storage.Effects) any {
	merge := &Merge{Shard: uint32(cmd.Shard), Adjacent: uint32(cmd.Adjacent)}
	s.begin(cmd.edit(s), types.StreamStatusUpdating, Transition{Merge: merge}, t, e)
	return nil
}
