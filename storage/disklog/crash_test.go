package disklog

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// TestCrash appends, trims, reshards and deletes by several goroutines while
// segments rotate and everything is flushed and put into snapshots all the
// time; stops the machine at a random file-system call, by power loss or by a
// kill; and checks after every restart that what was acknowledged is there and
// nothing else is (spec storage §7.1, §7.14).
//
// LEAT_CRASH_SEEDS is the number of seeds, LEAT_CRASH_SEED runs one of them.
func TestCrash(t *testing.T) { testCrash(t, 120, 0) }

// TestCrashInterval is TestCrash with appends synced now and then. A power
// failure may then take the newest records of each shard log, a kill nothing.
func TestCrashInterval(t *testing.T) { testCrash(t, 50, 30*time.Millisecond) }

func testCrash(t *testing.T, seeds int, interval time.Duration) {
	first := uint64(1)
	if s := os.Getenv("LEAT_CRASH_SEEDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("LEAT_CRASH_SEEDS: %v", err)
		}
		seeds = n
	}
	if s := os.Getenv("LEAT_CRASH_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("LEAT_CRASH_SEED: %v", err)
		}
		seeds, first = 1, n
	}
	var moved int64
	for seed := first; seed < first+uint64(seeds); seed++ {
		n, err := crashHistory(seed, interval)
		moved += n
		if err != nil {
			t.Fatalf("%v\nto run it again: LEAT_CRASH_SEED=%d go test -run '%s$' ./storage/disklog (goroutines may interleave differently)", err, seed, t.Name())
		}
	}
	if seeds > 1 && moved == 0 {
		t.Error("no extent was ever moved, so that the histories must be too plain")
	}
}

// crashHistory is one history of a few lives of a log. It returns how many bytes
// of extents were moved in it.
func crashHistory(seed uint64, interval time.Duration) (moved int64, err error) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(rnd)
	w.interval = interval
	for life := range 3 + rnd.IntN(3) {
		if err := w.live(); err != nil {
			return w.moved, fmt.Errorf("seed %d, life %d: %w", seed, life, err)
		}
	}
	return w.moved, nil
}

// live opens the log, checks it, uses it, and lets it crash.
func (w *world) live() error {
	var faults []errfs.Inject
	crashed := errors.New("the machine stopped")
	if w.rnd.IntN(8) > 0 {
		faults = append(faults, errfs.FailFrom(w.rnd.IntN(10+w.rnd.IntN(400)), crashed))
	}
	log, err := w.open(errfs.Wrap(w.fs, faults...), crashed)
	if err != nil {
		return err
	}
	if log != nil {
		w.use(log, int(w.rnd.Int32N(60)))
		w.moved += log.Stats().MovedBytes
	}
	w.crash(log)
	if damage := w.damage.found.Load(); damage != nil {
		return fmt.Errorf("the scrubber says: %s", *damage)
	}
	return nil
}

// open opens the log and compares it with what is known. The log is nil when
// the fault came before it was open.
func (w *world) open(fs vfs.FS, fault error) (*Log, error) {
	catalog := &storagetest.Catalog{}
	log, err := Open("data", map[string]storage.Machine{"catalog": catalog}, w.options(fs))
	if errors.Is(err, fault) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	err = w.check(log, catalog)
	if err != nil && !errors.Is(err, fault) && !log.isStopped() { // which may come this early
		return nil, errors.Join(err, log.Close())
	}
	return log, nil
}

// crash ends a life.
func (w *world) crash(log *Log) {
	old := w.fs
	switch how := w.rnd.IntN(5); {
	case how == 0 && log != nil:
		_ = log.Close() // which the machine may not live to see
		return
	case how == 1:
		w.fs = old.Kill()
	default:
		w.fs = old.PowerLoss(w.rnd.Uint64())
		w.lossy = w.lossy || w.interval > 0
	}
	if log != nil {
		_ = log.Close() // ends its goroutines; its file system is gone
	}
}
