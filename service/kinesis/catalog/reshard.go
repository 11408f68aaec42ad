package catalog

import (
	"fmt"
	"slices"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// reshard changes the shards of one stream at one instant, by the splits and
// merges that AWS would do. Shards are named by their place in x.Shards, which
// stays the same meanwhile.
type reshard struct {
	x  *Stream
	at int64

	opened, closed []uint32 // indices
}

// newReshard begins with a copy of the shards, since other versions of the
// stream share them. Its instant is a later one than that of the change before,
// so that which shards were open at an instant that has been is settled.
func newReshard(x *Stream, atMillis int64) *reshard {
	x.Shards = slices.Clone(x.Shards)
	x.ChangedMillis = max(x.ChangedMillis+1, atMillis)
	return &reshard{x: x, at: x.ChangedMillis}
}

// find returns the place of the shard, which must exist.
func (r *reshard) find(index uint32) int {
	i := r.x.after(index) - 1
	if i < 0 || r.x.Shards[i].Index != index {
		panic(fmt.Sprintf("BUG: stream %d has no shard %d", r.x.ID, index))
	}
	return i
}

// byRange returns the places of the open shards in the order of their ranges.
func (r *reshard) byRange() []int {
	var places []int
	for i := range r.x.Shards {
		if !r.x.Shards[i].Closed() {
			places = append(places, i)
		}
	}
	slices.SortFunc(places, func(a, b int) int {
		return r.x.Shards[a].Range.Start.Compare(r.x.Shards[b].Range.Start)
	})
	return places
}

// split closes the shard at i and opens its two children, of which the right
// one starts at the hash key.
func (r *reshard) split(i int, at stream.HashKey) (left, right int) {
	parent := &r.x.Shards[i]
	whole, index, create := parent.Range, int32(parent.Index), r.close(i)
	left = r.open(stream.HashKeyRange{Start: whole.Start, End: at.Prev()}, create, index, NoShard)
	right = r.open(stream.HashKeyRange{Start: at, End: whole.End}, create, index, NoShard)
	return left, right
}

// merge closes the shards at i and j, j being right of i, and opens their
// child.
func (r *reshard) merge(i, j int) int {
	a, b := &r.x.Shards[i], &r.x.Shards[j]
	union := stream.HashKeyRange{Start: a.Range.Start, End: b.Range.End}
	create := max(r.close(i), r.close(j))
	return r.open(union, create, int32(a.Index), int32(b.Index))
}

// close closes the shard at i and returns the lowest creation second that a
// child may have. The closing second is that of now, but never one before the
// shard's own creation, as shards may be created ahead of the clock.
func (r *reshard) close(i int) (childSeconds int64) {
	sh := &r.x.Shards[i]
	sh.ClosedMillis = r.at
	sh.CloseSeconds = max(r.at/1000, sh.CreateSeconds)
	r.closed = append(r.closed, sh.Index)
	return sh.CloseSeconds + 1
}

func (r *reshard) open(keys stream.HashKeyRange, createSeconds int64, parent, adjacent int32) int {
	r.x.Shards = append(r.x.Shards, Shard{
		Index: r.x.NextShard, Range: keys, Parent: parent, AdjacentParent: adjacent,
		OpenedMillis: r.at, CreateSeconds: createSeconds,
	})
	r.opened = append(r.opened, r.x.NextShard)
	r.x.NextShard++
	return len(r.x.Shards) - 1
}

// done tells the log what happened and makes the stream fit to be put.
func (r *reshard) done(e *storage.Effects) {
	for _, index := range r.opened {
		e.Open = append(e.Open, storage.ShardKey{Stream: r.x.ID, Shard: index})
	}
	for _, index := range r.closed {
		e.Close = append(e.Close, storage.ShardKey{Stream: r.x.ID, Shard: index})
	}
	r.x.retain(e)
	r.x.derive()
}
