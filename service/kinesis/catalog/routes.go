package catalog

import (
	"math/bits"

	"github.com/leat-io/leat/stream"
)

// routes finds the shard that owns a hash key. It takes 20 to 24 bytes a shard.
//
// The hash key space is cut into as many equal parts as there are shards, up to
// the next power of two. Where shards have ranges of about the same size, which
// CreateStream and UpdateShardCount see to, a part belongs to a few of them.
type routes struct {
	starts []stream.HashKey // of the shards' ranges, ascending
	// parts has, for each part, the index of the shard that owns its first key,
	// and one more, for the end of the last part.
	parts []uint32
	shift int // what is above these bits of a key's upper half says its part
}

// newRoutes returns the routes to shards whose ranges tile the hash key space,
// in order.
func newRoutes(open []*Shard) routes {
	if len(open) == 0 {
		return routes{}
	}
	r := routes{starts: make([]stream.HashKey, len(open))}
	for i, sh := range open {
		r.starts[i] = sh.Range.Start
	}
	log := bits.Len(uint(len(open) - 1))
	r.shift = 64 - log
	r.parts = make([]uint32, 1<<log+1)
	owner := 0
	for i := range 1 << log {
		first := stream.HashKey{Hi: uint64(i) << r.shift}
		for owner+1 < len(open) && !first.Less(r.starts[owner+1]) {
			owner++
		}
		r.parts[i] = uint32(owner)
	}
	r.parts[1<<log] = uint32(len(open) - 1)
	return r
}

// find returns the index of the shard that owns h.
func (r *routes) find(h stream.HashKey) int {
	part := h.Hi >> r.shift
	lo, hi := int(r.parts[part]), int(r.parts[part+1])+1 // starts[lo] <= h < starts[hi]
	for hi-lo > 1 {
		mid := int(uint(lo+hi) / 2)
		if h.Less(r.starts[mid]) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}
