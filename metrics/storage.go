package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/storage/disklog"
)

// storageFigures are of the embedded log; a server in memory has none.
var storageFigures = []*read[disklog.Stats]{
	{figure{"", "leat_storage_commit_duration_seconds", "How long it took to make a commit durable; with --durability interval, to write it.", nil, spread},
		nil, func(s disklog.Stats) histogram.Snapshot { return s.CommitTimes }},
	{figure{"", "leat_storage_sync_duration_seconds", "How long syncs of the journal took.", nil, spread},
		nil, func(s disklog.Stats) histogram.Snapshot { return s.SyncTimes }},
	{figure{"", "leat_storage_commit_bytes_total", "Bytes of the entries of commits.", nil, counter},
		func(s disklog.Stats) float64 { return float64(s.CommitBytes) }, nil},
	{figure{"", "leat_storage_unflushed_bytes", "Memory of records that only the journal holds.", nil, gauge},
		func(s disklog.Stats) float64 { return float64(s.UnflushedBytes) }, nil},
	{figure{"", "leat_storage_cached_bytes", "Memory of records that an extent holds as well.", nil, gauge},
		func(s disklog.Stats) float64 { return float64(s.CachedBytes) }, nil},
	{figure{"", "leat_storage_block_cache_bytes", "Memory of blocks of extents.", nil, gauge},
		func(s disklog.Stats) float64 { return float64(s.BlockCacheBytes) }, nil},
	{figure{"", "leat_storage_segments", "Segments of the journal.", nil, gauge},
		func(s disklog.Stats) float64 { return float64(s.Segments) }, nil},
	{figure{"", "leat_storage_journal_bytes", "Length of the journal's segments.", nil, gauge},
		func(s disklog.Stats) float64 { return float64(s.JournalBytes) }, nil},
	{figure{"", "leat_storage_extents", "Extents that hold records.", nil, gauge},
		func(s disklog.Stats) float64 { return float64(s.Extents) }, nil},
	{figure{"", "leat_storage_extent_bytes_total", "Bytes that were written to extents.", nil, counter},
		func(s disklog.Stats) float64 { return float64(s.ExtentBytes) }, nil},
	{figure{"", "leat_storage_moved_extent_bytes_total", "Bytes that were written to extents a second time, to merge small ones and to empty old files.", nil, counter},
		func(s disklog.Stats) float64 { return float64(s.MovedBytes) }, nil},
	{figure{"", "leat_storage_snapshots_total", "Snapshots that were written.", nil, counter},
		func(s disklog.Stats) float64 { return float64(s.Snapshots) }, nil},
	{figure{"", "leat_storage_scrubbed_bytes_total", "Bytes of extents that were read and verified in the background.", nil, counter},
		func(s disklog.Stats) float64 { return float64(s.ScrubbedBytes) }, nil},
	{figure{"", "leat_storage_damaged_extents", "Extents that could not be read back whole when they were last verified.", nil, gauge},
		func(s disklog.Stats) float64 { return float64(s.DamagedExtents) }, nil},
	{figure{"", "leat_storage_full", "1 while records are refused for lack of space, else 0.", nil, gauge},
		func(s disklog.Stats) float64 { return oneIf(s.Full) }, nil},
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (c *collector) collectStorage(out chan<- prometheus.Metric) {
	if c.Log != nil {
		show(c, out, storageFigures, c.Log.Stats())
	}
}
