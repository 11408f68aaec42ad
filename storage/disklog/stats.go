package disklog

import (
	"sync/atomic"
	"time"
)

// Stats are figures about a log. Those that only grow count from its Open.
type Stats struct {
	// Commits counts frames written, CommitBytes their entries, and
	// CommitNanos the time from writing to durable.
	Commits     uint64
	CommitBytes uint64
	CommitTime  time.Duration
	// CommitTimes is a histogram of that time: element i counts the commits
	// that took at most CommitBounds[i], the last one all others.
	CommitTimes [len(CommitBounds) + 1]uint64

	// UnflushedBytes is the memory of records that only the journal holds,
	// CachedBytes that of records which an extent holds as well.
	UnflushedBytes int64
	CachedBytes    int64
	// BlockCacheBytes is the memory of extent blocks.
	BlockCacheBytes int64

	// JournalBytes is the length of the journal's segments, which Segments
	// counts, and JournalEnd the position in it.
	Segments     int
	JournalBytes int64
	JournalEnd   uint64

	// ExtentBytes were written to extents, Snapshots were written.
	ExtentBytes int64
	Snapshots   int64
	// Full says that appends are refused for lack of space.
	Full bool
}

// CommitBounds are the upper bounds of Stats.CommitTimes.
var CommitBounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond,
	20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, time.Second,
}

// stats is what a log counts.
type stats struct {
	commits, commitBytes atomic.Uint64
	commitTime           atomic.Int64
	commitTimes          [len(CommitBounds) + 1]atomic.Uint64

	cachedBytes   atomic.Int64
	extentBytes   atomic.Int64
	snapshots     atomic.Int64
	snapshotBytes atomic.Int64 // of the newest
	full          atomic.Bool
}

// commit counts one frame.
func (s *stats) commit(bytes int, took time.Duration) {
	s.commits.Add(1)
	s.commitBytes.Add(uint64(bytes))
	s.commitTime.Add(int64(took))
	i := 0
	for i < len(CommitBounds) && took > CommitBounds[i] {
		i++
	}
	s.commitTimes[i].Add(1)
}

// Stats returns the log's figures.
func (l *Log) Stats() Stats {
	s := Stats{
		Commits:         l.stats.commits.Load(),
		CommitBytes:     l.stats.commitBytes.Load(),
		CommitTime:      time.Duration(l.stats.commitTime.Load()),
		UnflushedBytes:  l.unflushed.bytes.Load(),
		CachedBytes:     l.stats.cachedBytes.Load(),
		BlockCacheBytes: l.store.Stats().CachedBytes,
		JournalEnd:      l.end.Load(),
		ExtentBytes:     l.stats.extentBytes.Load(),
		Snapshots:       l.stats.snapshots.Load(),
		Full:            l.stats.full.Load(),
	}
	for i := range s.CommitTimes {
		s.CommitTimes[i] = l.stats.commitTimes[i].Load()
	}
	for _, seg := range l.journal.Segments() {
		s.Segments++
		s.JournalBytes += seg.Bytes
	}
	return s
}
