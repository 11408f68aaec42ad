package disklog

import (
	"testing"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
	"github.com/leat-io/leat/storage/storagetest"
)

// simulated returns an engine on a file system in memory, where thousands of
// histories take seconds.
func simulated(name string, o Options) storagetest.Engine {
	var (
		fs   *vfs.Crash
		last string // the folder of fs; the next history gets another
	)
	return storagetest.Engine{
		Name: name, Durable: true, MaxRecordBytes: 1 << 20,
		Open: func(dir string, c clock.Clock, m map[string]storage.Machine) (storage.Log, error) {
			if dir != last {
				fs, last = vfs.NewCrash(), dir
			}
			o.FS, o.Clock = fs, c
			return Open(dir, m, o)
		},
	}
}

// inMemory is memlog, which has to give the same answers.
var inMemory = storagetest.Engine{
	Name: "memlog",
	Open: func(_ string, c clock.Clock, m map[string]storage.Machine) (storage.Log, error) {
		return memlog.Open(m, memlog.Options{Clock: c}), nil
	},
}

// TestCompare runs one history on a log that keeps everything in its journal
// and memory, on one that flushes and takes snapshots all the time, on one that
// also syncs late, and on one that also moves extents.
func TestCompare(t *testing.T) {
	roomy := tiny()
	roomy.SegmentBytes, roomy.MemoryBytes, roomy.SnapshotBytes = 256<<10, 0, 0
	small := tiny()
	small.SegmentBytes = 256 << 10 // for the larger batches
	interval := small
	interval.SyncInterval = 1
	moving := small
	moving.care = eagerCare
	storagetest.Compare(t, simulated("roomy", roomy), simulated("tiny", small), simulated("interval", interval),
		simulated("moving", moving), inMemory)
}

func TestLinearizable(t *testing.T) {
	o := tiny()
	o.SegmentBytes = 256 << 10
	storagetest.Linearizable(t, simulated("tiny", o))
}
