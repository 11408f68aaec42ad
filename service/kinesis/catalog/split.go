package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// SplitShard closes a shard and opens two in its place. Refused, in this order:
// when there is no such stream, when it is not ACTIVE or on-demand, when there
// is no such shard or it is closed, when the account would have too many
// shards or the stream has, and when the hash key leaves one of the children
// too little.
type SplitShard struct {
	Ref
	Shard stream.ShardID `json:"shard"`
	// NewStartingHashKey is the first of the right child, as it was given.
	NewStartingHashKey string `json:"new_starting_hash_key"`
}

func (*SplitShard) kind() string { return "split_shard" }

func (cmd *SplitShard) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	if x.Mode == types.StreamModeOnDemand {
		return onDemand(x), true
	}
	sh, err := x.reshardable(cmd.Shard, t)
	if err == nil {
		err = s.roomForShards(cmd.Ref, t, 1)
	}
	if err == nil {
		err = x.roomInLineage(t)
	}
	if err == nil && !splitsAt(sh.Range, cmd.NewStartingHashKey) {
		err = api.Errorf(kinesisapi.InvalidArgument, "NewStartingHashKey %s used in SplitShard() on shard %s "+
			"in stream %s under account %s is not both greater than one plus the shard's StartingHashKey %s "+
			"and less than the shard's EndingHashKey %s.",
			cmd.NewStartingHashKey, sh.ID(), x.Name, x.Account, sh.Range.Start, sh.Range.End)
	}
	return err, err != nil
}

// splitsAt reports whether the text is a hash key at which AWS would split.
func splitsAt(keys stream.HashKeyRange, text string) bool {
	k, err := stream.ParseHashKey(text)
	return err == nil && keys.Start != stream.MaxHashKey && keys.Start.Next().Less(k) && k.Less(keys.End)
}

// reshardable returns the shard when it exists and is open.
func (x *Stream) reshardable(id stream.ShardID, t Terms) (*Shard, *api.Error) {
	sh, ok := x.Shard(id)
	if !ok || x.Expired(sh, t.AtMillis) {
		return nil, ShardNotFound(x.Account, x.Name, id.String())
	}
	if sh.Closed() {
		return nil, api.Errorf(kinesisapi.InvalidArgument, "Shard %s in stream %s under account %s "+
			"has already been merged or split, and thus is not eligible for merging or splitting.",
			id, x.Name, x.Account)
	}
	return sh, nil
}

func (cmd *SplitShard) apply(s *state, t Terms, e *storage.Effects) any {
	at, _ := stream.ParseHashKey(cmd.NewStartingHashKey) // decide has seen that it is one
	split := &Split{Shard: uint32(cmd.Shard), At: at}
	s.begin(cmd.edit(s), types.StreamStatusUpdating, Transition{Split: split}, t, e)
	return nil
}
