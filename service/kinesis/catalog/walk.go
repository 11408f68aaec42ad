package catalog

import (
	"math/bits"
	"slices"

	"github.com/leat-io/leat/stream"
)

// How UpdateShardCount gets from N open shards to T. AWS does not document it;
// the rule of spec data-streams §15.4 reproduces every outcome on record. What
// it makes is replayed from the log, so it may only change with the version of
// the command.

// scale splits and merges until there are target open shards.
//
// A target that AWS would refuse as too far away is approached as one would
// there, by calls that double or halve. That also keeps lineages short: each
// generation dates its sequence numbers a second later than the one before.
func (r *reshard) scale(target int) {
	for {
		n := len(r.byRange())
		switch {
		case target > 2*n:
			r.scaleOnce(n, 2*n)
		case 2*target < n:
			r.scaleOnce(n, (n+1)/2)
		default:
			r.scaleOnce(n, target)
			return
		}
	}
}

// scaleOnce goes from n open shards to at most double and at least half as
// many.
func (r *reshard) scaleOnce(n, target int) {
	switch {
	case n == target:
	case 4*target%n == 0:
		r.walk(target)
	default:
		r.doubleAndMerge(n, target)
	}
}

// walk cuts the hash key space evenly. From left to right, it takes the shards
// that a target shard is made of, splits the one that reaches further, and
// merges them.
func (r *reshard) walk(target int) {
	todo := r.byRange()
	slices.Reverse(todo) // a stack, the leftmost on top
	for _, end := range r.evenEnds(todo, target) {
		made := -1
		for made < 0 || r.x.Shards[made].Range.End != end {
			next := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if end.Less(r.x.Shards[next].Range.End) {
				left, right := r.split(next, end.Next())
				todo = append(todo, right)
				next = left
			}
			if made < 0 {
				made = next
			} else {
				made = r.merge(made, next)
			}
		}
	}
}

// evenEnds returns where the target shards end. An end that is there already,
// but for the rounding of earlier divisions, is taken as it is: otherwise 5 to
// 10 shards would be many splits at a distance of one.
func (r *reshard) evenEnds(open []int, target int) []stream.HashKey {
	have := make([]stream.HashKey, len(open))
	for i, place := range open {
		have[i] = r.x.Shards[place].Range.End
	}
	slices.SortFunc(have, stream.HashKey.Compare)
	ends := make([]stream.HashKey, target)
	for i, keys := range stream.Evenly(target) {
		ends[i] = nearest(have, keys.End, uint64(target)<<20)
	}
	return ends
}

// nearest returns the element of have that is closest to k, if within the
// distance, and k otherwise. have is sorted and ends with MaxHashKey.
func nearest(have []stream.HashKey, k stream.HashKey, within uint64) stream.HashKey {
	i, _ := slices.BinarySearchFunc(have, k, stream.HashKey.Compare)
	best, distance := k, stream.HashKey{Lo: within}.Next()
	for _, near := range have[max(0, i-1) : i+1] {
		if d := gap(near, k); d.Less(distance) {
			best, distance = near, d
		}
	}
	return best
}

// gap returns the distance between two hash keys.
func gap(a, b stream.HashKey) stream.HashKey {
	if a.Less(b) {
		a, b = b, a
	}
	lo, borrow := bits.Sub64(a.Lo, b.Lo, 0)
	hi, _ := bits.Sub64(a.Hi, b.Hi, borrow)
	return stream.HashKey{Hi: hi, Lo: lo}
}

// doubleAndMerge splits every shard in the middle when there have to be more,
// and then merges pairs from the left, round by round, until there are few
// enough.
func (r *reshard) doubleAndMerge(n, target int) {
	open := r.byRange()
	if target > n {
		var halves []int
		for _, place := range open {
			keys := r.x.Shards[place].Range
			if keys.Start == keys.End {
				halves = append(halves, place) // a single key cannot be split
				continue
			}
			left, right := r.split(place, middle(keys))
			halves = append(halves, left, right)
		}
		open = halves
	}
	for len(open) > target {
		var next []int
		for i := 0; i < len(open); {
			if i+1 < len(open) && len(next)+len(open)-i > target {
				next = append(next, r.merge(open[i], open[i+1]))
				i += 2
			} else {
				next = append(next, open[i])
				i++
			}
		}
		open = next
	}
}

// middle returns floor((start+end+1)/2).
func middle(keys stream.HashKeyRange) stream.HashKey {
	d := gap(keys.End, keys.Start)
	half := stream.HashKey{Hi: d.Hi >> 1, Lo: d.Lo>>1 | d.Hi<<63}
	lo, c := bits.Add64(half.Lo, d.Lo&1, 0)
	hi := half.Hi + c
	lo, c = bits.Add64(lo, keys.Start.Lo, 0)
	hi, _ = bits.Add64(hi, keys.Start.Hi, c)
	return stream.HashKey{Hi: hi, Lo: lo}
}
