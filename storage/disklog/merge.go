package disklog

import (
	"cmp"
	"math"
	"slices"

	"github.com/leat-io/leat/storage/disklog/extent"
)

const (
	// mergeBelow is the length from which on an extent is large enough: its
	// header and its place in the manifest are nothing beside it.
	mergeBelow = 1 << 20
	// maxMergeBytes bounds what several extents become one of, which needs memory
	// for them all.
	maxMergeBytes = 8 << 20
)

// merges plans to merge small extents, each once in its life: where many shards
// share little traffic, or are flushed because they pin the journal, there
// would be ever more of them, and the manifest is in memory. What merging may
// write is bounded by what flushes wrote, so those come first of which the most
// go for the least bytes.
func (f *flusher) merges(shards []*shard) []move {
	var found []move
	for _, s := range shards {
		for metas := s.metas(); len(metas) > 0; {
			n := f.mergeable(metas)
			if n >= f.opts.care.mergeCount {
				found = append(found, move{s, metas[:n], true})
			}
			metas = metas[max(n, 1):]
		}
	}
	slices.SortStableFunc(found, func(a, b move) int { return cmp.Compare(bytesEach(a.metas), bytesEach(b.metas)) })
	left := f.opts.care.mergePercent*f.stats.extentBytes.Load()/100 - f.moves.merged
	planned := found[:0]
	for _, m := range found {
		n, bytes := within(m.metas, left)
		if n >= f.opts.care.mergeCount {
			m.metas = m.metas[:n]
			left -= bytes
			planned = append(planned, m)
		}
	}
	return planned
}

// bytesEach returns how long the extents are on average.
func bytesEach(metas []extent.Meta) int64 {
	_, bytes := within(metas, math.MaxInt64)
	return bytes / int64(len(metas))
}

// within returns how many extents, from the first on, take no more than the
// limit, and what they take.
func within(metas []extent.Meta, limit int64) (n int, bytes int64) {
	for n < len(metas) && metas[n].Length <= limit-bytes {
		bytes += metas[n].Length
		n++
	}
	return n, bytes
}

// mergeable returns how many extents, from the first on, may become one. Their
// records arrived within half the period of their class, because an extent is
// given up when its last record expires.
func (f *flusher) mergeable(metas []extent.Meta) int {
	var bytes int64
	for i, m := range metas {
		bytes += m.Length
		if i == stepExtents || m.Moved || m.Length >= mergeBelow || bytes > maxMergeBytes || f.moves.unreadable[placeOf(m)] ||
			m.LastMillis-metas[0].FirstMillis > m.Class.Period().Milliseconds()/2 {
			return i
		}
	}
	return len(metas)
}
