package disklog

import (
	"testing"
	"time"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// tiny are options under which a few dozen records rotate segments, are
// flushed, evicted and put into snapshots.
func tiny() Options {
	return Options{
		SegmentBytes:    minSegmentBytes,
		JournalBytes:    2 * minSegmentBytes,
		MemoryBytes:     32 << 10,
		ExtentFileBytes: 64 << 10,
		SnapshotBytes:   32 << 10,
		MinFreeBytes:    -1,
	}
}

// eagerCare moves extents whenever that is possible.
var eagerCare = care{
	every: 20 * time.Millisecond, rate: 1 << 30,
	mergeCount: 2, mergePercent: 1000, livePercent: 70, atOnce: true,
}

// TestSuite runs the suite on the machine's own file system.
func TestSuite(t *testing.T) {
	storagetest.Run(t, storagetest.Engine{
		Name: "disklog", Durable: true,
		Open: func(dir string, c clock.Clock, m map[string]storage.Machine) (storage.Log, error) {
			return Open(dir, m, Options{Clock: c, MinFreeBytes: -1})
		},
	})
}

// TestSuiteTiny runs the suite with everything flushed, evicted and put into
// snapshots all the time.
func TestSuiteTiny(t *testing.T) {
	o := tiny()
	o.SegmentBytes = 4 << 20 // for the suite's larger batches
	storagetest.Run(t, simulated("tiny", o))
}
