package catalog

import (
	"slices"

	"github.com/leat-io/leat/storage"
)

// Expire gives up the shards of a stream that were closed before its trim
// horizon, and with them what is left of their records. It is nobody's error
// when there are none, or no stream.
type Expire struct {
	Stream storage.StreamID `json:"stream"`
}

func (*Expire) kind() string { return "expire" }

func (cmd *Expire) decide(s *state, t Terms) (any, bool) {
	x := s.byID[cmd.Stream]
	return nil, x == nil || !x.AnyExpired(t.AtMillis)
}

// AnyExpired reports whether there is something to Expire.
func (x *Stream) AnyExpired(nowMillis int64) bool {
	if len(x.open) == len(x.Shards) {
		return false
	}
	return slices.ContainsFunc(x.Shards, func(sh Shard) bool { return x.Expired(&sh, nowMillis) })
}

func (cmd *Expire) apply(s *state, t Terms, e *storage.Effects) any {
	x := *s.byID[cmd.Stream]
	kept := make([]Shard, 0, len(x.Shards))
	for i := range x.Shards {
		sh := &x.Shards[i]
		if x.Expired(sh, t.AtMillis) {
			e.Delete = append(e.Delete, storage.ShardKey{Stream: x.ID, Shard: sh.Index})
		} else {
			kept = append(kept, *sh)
		}
	}
	x.Shards = kept
	x.TrimmedMillis = x.HorizonMillis(t.AtMillis)
	s.put(x.derive())
	return nil
}
