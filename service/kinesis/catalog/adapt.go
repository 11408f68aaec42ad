package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// Adapt splits and merges shards of an on-demand stream, as its load asks for.
// It is nobody's request: where it does not apply any more it changes nothing.
// The result is whether it did.
type Adapt struct {
	Stream storage.StreamID `json:"stream"`
	// Next is the NextShard of the version that was looked at. No shard has
	// been opened since while it is the same.
	Next       uint32 `json:"next"`
	Adaptation        // of open shards, each named once
}

// Adaptation says which shards to split in the middle of their ranges, and
// which to merge with the one right of them.
type Adaptation struct {
	Split []uint32 `json:"split,omitempty"`
	Merge []Merge  `json:"merge,omitempty"`
}

func (*Adapt) kind() string { return "adapt" }

func (cmd *Adapt) decide(s *state, t Terms) (any, bool) {
	x := s.byID[cmd.Stream]
	if x == nil || x.Status != types.StreamStatusActive || x.Mode != types.StreamModeOnDemand || x.NextShard != cmd.Next {
		return false, true
	}
	limit := t.Quotas.OnDemandShards
	tooMany := limit != 0 && len(x.open)+len(cmd.Split) > limit && len(cmd.Split) > 0
	return false, tooMany || x.roomInLineage(t) != nil
}

func (cmd *Adapt) apply(s *state, t Terms, e *storage.Effects) any {
	x := *s.byID[cmd.Stream]
	s.begin(&x, types.StreamStatusUpdating, Transition{Adapt: &cmd.Adaptation}, t, e)
	return true
}

// adapt carries out an adaptation. A shard of a single hash key stays whole.
func (r *reshard) adapt(a *Adaptation) {
	for _, index := range a.Split {
		i := r.find(index)
		if keys := r.x.Shards[i].Range; keys.Start != keys.End {
			r.split(i, middle(keys))
		}
	}
	for _, m := range a.Merge {
		r.merge(r.find(m.Shard), r.find(m.Adjacent))
	}
}
