package disklog

import (
	"fmt"
	"slices"
	"sort"

	"github.com/leat-io/leat/storage/disklog/extent"
)

// replace puts a durable extent in the place of those that hold the same
// records, which become garbage. Readers who still go by the old ones find out
// by shard.gone. When the records were trimmed or deleted meanwhile, the new
// extent is garbage itself.
func (c *committer) replace(m extent.Meta) {
	s := c.table.get(m.Key)
	if s == nil {
		c.garbage.add(m)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Last < s.first {
		c.garbage.add(m)
		return
	}
	i, j, reason := s.replacedLocked(m)
	if reason != "" {
		panic(fmt.Sprintf("BUG: extent %v: %s", m, reason))
	}
	c.garbage.add(s.extents[i:j]...)
	// A new list: snapshots and the scrubber may have the old one.
	s.extents = slices.Concat(s.extents[:i], []extent.Meta{m}, s.extents[j:])
}

// replacedLocked returns the part of the shard log's extents that m can take
// the place of, s.extents[i:j], or why it cannot. The first of those that m was
// made of may have been trimmed away since.
func (s *shard) replacedLocked(m extent.Meta) (i, j int, reason string) {
	i = sort.Search(len(s.extents), func(k int) bool { return s.extents[k].Last >= m.First })
	for j = i; j < len(s.extents) && s.extents[j].Last <= m.Last; j++ {
	}
	switch {
	case i == j || s.extents[j-1].Last != m.Last:
		return 0, 0, "it replaces extents that end elsewhere"
	case s.extents[i].First != m.First && (i > 0 || s.extents[i].First < m.First):
		return 0, 0, "it replaces extents that begin elsewhere"
	}
	return i, j, ""
}
