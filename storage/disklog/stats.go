package disklog

import (
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/internal/histogram"
)

// Stats are figures about a log. Those that only grow count from its Open.
type Stats struct {
	// CommitBytes are the entries of the frames written, CommitTimes how long
	// it took from writing one to durable, or to written where syncs are only
	// due now and then, and SyncTimes how long the syncs of the journal took.
	CommitBytes uint64
	CommitTimes histogram.Snapshot
	SyncTimes   histogram.Snapshot

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

	// Extents hold records now. ExtentBytes were written to extents, Snapshots
	// were written.
	Extents     int64
	ExtentBytes int64
	Snapshots   int64
	// MovedBytes were written to extents a second time, in a better place; they
	// are not among ExtentBytes.
	MovedBytes int64
	// ScrubbedBytes of extents were read and verified while at rest.
	// DamagedExtents could not be read back whole when they last were.
	ScrubbedBytes  int64
	DamagedExtents int64
	// Full says that appends are refused for lack of space.
	Full bool
}

// timeBounds are the upper bounds of histograms: a sync may take from tens of
// microseconds to seconds.
var timeBounds = []time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond,
	20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, time.Second,
}

// stats is what a log counts.
type stats struct {
	commitBytes    atomic.Uint64
	commits, syncs *histogram.Histogram

	cachedBytes   atomic.Int64
	extents       atomic.Int64
	extentBytes   atomic.Int64
	movedBytes    atomic.Int64
	snapshots     atomic.Int64
	snapshotBytes atomic.Int64 // of the newest
	scrubbed      atomic.Int64 // bytes
	damaged       atomic.Int64 // extents
	full          atomic.Bool
}

// commit counts one frame.
func (s *stats) commit(bytes int, took time.Duration) {
	s.commitBytes.Add(uint64(bytes))
	s.commits.Observe(took)
}

// Stats returns the log's figures.
func (l *Log) Stats() Stats {
	unflushed, cached := l.memoryBytes()
	s := Stats{
		CommitBytes:     l.stats.commitBytes.Load(),
		CommitTimes:     l.stats.commits.Snapshot(),
		SyncTimes:       l.stats.syncs.Snapshot(),
		UnflushedBytes:  unflushed,
		CachedBytes:     cached,
		BlockCacheBytes: l.store.Stats().CachedBytes,
		JournalEnd:      l.end.Load(),
		Extents:         l.stats.extents.Load(),
		ExtentBytes:     l.stats.extentBytes.Load(),
		MovedBytes:      l.stats.movedBytes.Load(),
		Snapshots:       l.stats.snapshots.Load(),
		ScrubbedBytes:   l.stats.scrubbed.Load(),
		DamagedExtents:  l.stats.damaged.Load(),
		Full:            l.Full(),
	}
	for _, seg := range l.journal.Segments() {
		s.Segments++
		s.JournalBytes += seg.Bytes
	}
	return s
}

// memoryBytes returns the bytes of unflushed and of cached chunks at one moment.
// Chunks go from one to the other and are forgotten at any time, so the two are
// looked at until the one stood still around the look at the other. It gives up
// on that when the committer is busier than this goroutine.
func (l *Log) memoryBytes() (unflushed, cached int64) {
	const looks = 1000
	for range looks {
		cached = l.stats.cachedBytes.Load()
		unflushed = l.unflushed.bytes.Load()
		if l.stats.cachedBytes.Load() == cached {
			break
		}
	}
	return unflushed, cached
}
