package disklog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// world is what the test knows about a log that crashes.
type world struct {
	rnd   *rand.Rand // of the goroutine that runs the history
	fs    *vfs.Crash
	clock *storagetest.Clock
	// interval is Options.SyncInterval, and lossy that it allows the newest
	// records to be missing.
	interval time.Duration
	lossy    bool
	moved    int64 // bytes of extents

	damage damageWatch // no extent is damaged unless a test does so

	mu       sync.Mutex
	shards   map[storage.ShardKey]*facts
	commands [][]byte // acknowledged
	inFlight []byte   // proposed and not answered
	nextKey  uint32
	serial   int
}

// facts are what is known about a shard log.
type facts struct {
	status string // of the catalog: open, closed, deleted
	// stored has the records that were acknowledged, or found after a crash.
	stored map[storage.Offset]fact
	// maybe has those whose append was not answered.
	maybe map[string]bool
	// trimmed is the latest time that a trim, answered or not, has named.
	trimmed int64
}

// fact is what is remembered of a record.
type fact struct {
	data   string
	millis int64
}

// damageWatch is a log that remembers whether the scrubber has found damage.
type damageWatch struct {
	slog.TextHandler
	found atomic.Pointer[string]
}

func (d *damageWatch) Enabled(context.Context, slog.Level) bool { return true }

func (d *damageWatch) Handle(_ context.Context, r slog.Record) error {
	if r.Message == damagedMessage {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "err" {
				d.found.Store(new(a.Value.String()))
			}
			return true
		})
	}
	return nil
}

func newWorld(rnd *rand.Rand) *world {
	return &world{rnd: rnd, fs: vfs.NewCrash(), clock: storagetest.NewClock(), shards: make(map[storage.ShardKey]*facts)}
}

// options varies what a life is like.
func (w *world) options(fs vfs.FS) Options {
	o := tiny()
	o.FS, o.Clock, o.SyncInterval = fs, w.clock, w.interval
	o.MemoryBytes = 4<<10 + int64(w.rnd.IntN(64<<10))
	o.SnapshotBytes = int64(8<<10 + w.rnd.IntN(128<<10))
	o.ExtentFileBytes = int64(8<<10 + w.rnd.IntN(64<<10))
	o.Buffered = w.rnd.IntN(2) == 0
	o.ScrubInterval = time.Duration(w.rnd.IntN(40)-10) * 10 * time.Millisecond
	o.Logger = slog.New(&w.damage)
	if w.rnd.IntN(3) > 0 {
		o.care = eagerCare
	}
	return o
}

// use works on the log until it fails or every goroutine has done its steps.
func (w *world) use(log *Log, steps int) {
	if _, ok := w.pick(w.rnd); !ok && !w.propose(log, w.rnd) {
		return
	}
	var group sync.WaitGroup
	for range 3 {
		rnd := rand.New(rand.NewPCG(w.rnd.Uint64(), 2))
		group.Go(func() {
			for i := 0; i < steps && w.write(log, rnd); i++ {
			}
		})
	}
	rnd := rand.New(rand.NewPCG(w.rnd.Uint64(), 3))
	group.Go(func() {
		for i := 0; i < steps/4+1 && w.propose(log, rnd); i++ {
		}
	})
	group.Wait()
}

// read reads a page somewhere. What a reader has seen is durable (spec storage
// §7.1, I2), so it counts as acknowledged from now on.
func (w *world) read(log *Log, rnd *rand.Rand) {
	key, ok := w.pick(rnd)
	if !ok {
		return
	}
	b, err := log.Bounds(key)
	if err != nil {
		return
	}
	var res storage.ReadResult
	req := storage.ReadRequest{Key: key, From: b.First, MaxRecords: 1 + rnd.IntN(20), MaxBytes: 5000}
	if b.Next > b.First {
		req.From += storage.Offset(rnd.Uint64N(uint64(b.Next - b.First)))
	}
	if err := log.Read(context.Background(), req, &res); err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.shards[key]
	for i, r := range res.Records {
		if i > 0 && r.Offset != res.Records[i-1].Offset+1 {
			panic(fmt.Sprintf("shard log %v: offset %d follows on %d", key, r.Offset, res.Records[i-1].Offset))
		}
		f.stored[r.Offset] = fact{string(r.Data), r.ArrivalMillis}
	}
}

// pick returns an open shard log, false when there is none.
func (w *world) pick(rnd *rand.Rand) (storage.ShardKey, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var open []storage.ShardKey
	for key, f := range w.shards {
		if f.status == "open" {
			open = append(open, key)
		}
	}
	if len(open) == 0 {
		return storage.ShardKey{}, false
	}
	slices.SortFunc(open, func(a, b storage.ShardKey) int {
		return int(a.Stream)*1000 + int(a.Shard) - int(b.Stream)*1000 - int(b.Shard)
	})
	return open[rnd.IntN(len(open))], true
}

// write appends or trims once. It reports whether the log still works.
func (w *world) write(log *Log, rnd *rand.Rand) bool {
	w.clock.Step(time.Duration(rnd.Int64N(40)-5) * time.Millisecond)
	key, ok := w.pick(rnd)
	if !ok {
		return !log.isStopped()
	}
	if rnd.IntN(2) == 0 {
		w.read(log, rnd)
	}
	if rnd.IntN(12) == 0 {
		before := w.clock.Millis() - rnd.Int64N(600)
		w.mu.Lock()
		for k, f := range w.shards {
			if k.Stream == key.Stream {
				f.trimmed = max(f.trimmed, before)
			}
		}
		w.mu.Unlock()
		return log.Trim(context.Background(), key.Stream, before) == nil
	}
	b := &storage.Batch{Stream: key.Stream}
	for range 1 + rnd.IntN(4) {
		k, ok := w.pick(rnd)
		if !ok || k.Stream != key.Stream {
			k = key
		}
		b.Records = append(b.Records, w.newRecord(k, rnd))
	}
	return w.append(log, b)
}

// newRecord returns a record like no other, and notes that it may be stored.
func (w *world) newRecord(key storage.ShardKey, rnd *rand.Rand) storage.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serial++
	data := fmt.Sprintf("%v record %d ", key, w.serial)
	data += strings.Repeat("x", rnd.IntN(10)*rnd.IntN(300))
	w.shards[key].maybe[data] = true
	return storage.Record{Shard: key.Shard, PartitionKey: []byte("key"), Data: []byte(data)}
}

func (w *world) append(log *Log, b *storage.Batch) bool {
	err := log.Append(context.Background(), b)
	refused := errors.Is(err, storage.ErrClosed) || errors.Is(err, storage.ErrNotFound)
	if err != nil && !refused {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range b.Records {
		f := w.shards[storage.ShardKey{Stream: b.Stream, Shard: r.Shard}]
		delete(f.maybe, string(r.Data))
		if !refused {
			f.stored[r.Offset] = fact{string(r.Data), r.ArrivalMillis}
		}
	}
	return true
}

// propose gives one command. It reports whether the log still works.
func (w *world) propose(log *Log, rnd *rand.Rand) bool {
	var c storagetest.Command
	key, ok := w.pick(rnd)
	switch n := rnd.IntN(20); {
	case !ok || n < 7:
		w.mu.Lock()
		for range 1 + rnd.IntN(3) {
			k := storage.ShardKey{Stream: storage.StreamID(1 + w.nextKey/6), Shard: w.nextKey % 6}
			w.nextKey++
			c.Open = append(c.Open, k)
			w.shards[k] = &facts{stored: make(map[storage.Offset]fact), maybe: make(map[string]bool)}
		}
		w.mu.Unlock()
	case n < 10:
		c.Close = []storage.ShardKey{key}
	case n < 12:
		c.Delete = []storage.ShardKey{key}
	case n < 13:
		c.DeleteStreams = []storage.StreamID{key.Stream}
	default:
		c.Value = fmt.Sprint("value ", rnd.Uint32())
	}
	command := c.Encode()
	w.mu.Lock()
	w.inFlight = command
	w.mu.Unlock()
	if _, err := log.Propose(context.Background(), "catalog", command); err != nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commands = append(w.commands, command)
	w.inFlight = nil
	w.takeStatusLocked(replica(w.commands))
	return true
}
