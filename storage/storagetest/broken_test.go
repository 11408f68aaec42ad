package storagetest_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
	"github.com/leat-io/leat/storage/storagetest"
)

// broken lists engines that each break one promise, and a test of the suite
// that must notice.
var broken = map[string]struct {
	breakIt func(storage.Log) storage.Log
	noticed string // as in go test -run, below TestBrokenEngine
}{
	"a refused batch is stored in part": {
		func(l storage.Log) storage.Log { return partial{l} }, `Run/Append/refused_whole`,
	},
	"the batch is stored backwards": {
		func(l storage.Log) storage.Log { return backwards{l} }, `Run/Append/order_of_the_batch`,
	},
	"an explicit hash key is lost": {
		func(l storage.Log) storage.Log { return hashless{l} }, `Run/Append/explicit_hash_keys`,
	},
	"a key version is lost": {
		func(l storage.Log) storage.Log { return keyless{l} }, `Run/Append/key_versions`,
	},
	"acknowledged before it is there": {
		func(l storage.Log) storage.Log { return early{l} }, `Linearizable/`,
	},
	"bounds are stale": {
		func(l storage.Log) storage.Log { return &stale{Log: l} }, `Linearizable/`,
	},
	"reads share a buffer": {
		func(l storage.Log) storage.Log { return &shared{Log: l} }, `Run/Read/views`,
	},
	"MaxBytes is ignored": {
		func(l storage.Log) storage.Log { return greedy{l} }, `Run/Read/MaxBytes`,
	},
	"NotBeforeMillis is off by one": {
		func(l storage.Log) storage.Log { return late{l} }, `Compare`,
	},
	"NextMillis is missing": {
		func(l storage.Log) storage.Log { return blind{l} }, `Compare`,
	},
	"OffsetAt is off by one": {
		func(l storage.Log) storage.Log { return off{l} }, `Run/OffsetAt/`,
	},
	"Trim gives up too much": {
		func(l storage.Log) storage.Log { return rough{l} }, `Run/Trim/never_gives_up`,
	},
	"Wait does not wait": {
		func(l storage.Log) storage.Log { return hasty{l} }, `Run/Wait/an_earlier_record`,
	},
	"Wait ends too early": {
		func(l storage.Log) storage.Log { return hasty{l} }, `Linearizable/`,
	},
	"machines are mixed up": {
		func(l storage.Log) storage.Log { return mixed{l} }, `Run/Propose/each_command`,
	},
	"Close leaves the log open": {
		func(l storage.Log) storage.Log { return &open{Log: l} }, `Run/Close/every_later_call`,
	},
}

const brokenEnv = "LEAT_TEST_BROKEN_ENGINE"

// TestBrokenEngine runs the suite on broken engines, each in a process of its
// own since there a failure is what is wanted.
func TestBrokenEngine(t *testing.T) {
	if name, child := os.LookupEnv(brokenEnv); child {
		runBroken(t, name)
		return
	}
	for name, b := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestBrokenEngine$/"+b.noticed, "-rapid.shrinktime=0s", "-rapid.nofailfile")
			cmd.Env = append(os.Environ(), brokenEnv+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("the suite passes:\n%s", out)
			}
			if !regexp.MustCompile(`--- FAIL: TestBrokenEngine/` + strings.ReplaceAll(b.noticed, "/", ".*/.*")).Match(out) {
				t.Errorf("no %s fails:\n%s", b.noticed, out)
			}
		})
	}
}

func runBroken(t *testing.T, name string) {
	e := storagetest.Engine{
		Name: name,
		Open: func(_ string, c clock.Clock, machines map[string]storage.Machine) (storage.Log, error) {
			return broken[name].breakIt(memlog.Open(machines, memlog.Options{Clock: c})), nil
		},
	}
	t.Run("Run", func(t *testing.T) { storagetest.Run(t, e) })
	t.Run("Compare", func(t *testing.T) { storagetest.Compare(t, e) })
	t.Run("Linearizable", func(t *testing.T) { storagetest.Linearizable(t, e) })
}

type partial struct{ storage.Log }

func (l partial) Append(ctx context.Context, b *storage.Batch) error {
	for i := range b.Records {
		if err := l.Log.Append(ctx, &storage.Batch{Stream: b.Stream, Records: b.Records[i : i+1]}); err != nil {
			return err
		}
	}
	return nil
}

type backwards struct{ storage.Log }

func (l backwards) Append(ctx context.Context, b *storage.Batch) error {
	turned := storage.Batch{Stream: b.Stream}
	for i := range b.Records {
		turned.Records = append(turned.Records, b.Records[len(b.Records)-1-i])
	}
	err := l.Log.Append(ctx, &turned)
	for i := range b.Records {
		b.Records[i] = turned.Records[len(b.Records)-1-i]
	}
	return err
}

type hashless struct{ storage.Log }

func (l hashless) Append(ctx context.Context, b *storage.Batch) error {
	for i := range b.Records {
		b.Records[i].HasExplicitHashKey = false
	}
	return l.Log.Append(ctx, b)
}

type keyless struct{ storage.Log }

func (l keyless) Append(ctx context.Context, b *storage.Batch) error {
	for i := range b.Records {
		b.Records[i].KeyVersion = 0
	}
	return l.Log.Append(ctx, b)
}

type early struct{ storage.Log }

func (l early) Append(ctx context.Context, b *storage.Batch) error {
	if len(b.Records) != 1 || b.Records[0].Shard != 0 {
		return l.Log.Append(ctx, b)
	}
	bounds, err := l.Log.Bounds(storage.ShardKey{Stream: b.Stream})
	if err != nil || bounds.Closed {
		return l.Log.Append(ctx, b)
	}
	later := storage.Batch{Stream: b.Stream, Records: append([]storage.Record(nil), b.Records...)}
	b.Records[0].Offset = bounds.Next
	go l.Log.Append(context.Background(), &later)
	return nil
}

type stale struct {
	storage.Log
	known sync.Map // ShardKey -> Bounds
}

func (l *stale) Bounds(key storage.ShardKey) (storage.Bounds, error) {
	b, err := l.Log.Bounds(key)
	if b.Next%2 == 0 {
		l.known.Store(key, b)
	} else if old, ok := l.known.Load(key); ok {
		return old.(storage.Bounds), err
	}
	return b, err
}

type shared struct {
	storage.Log
	buffer [1 << 20]byte
}

func (l *shared) Read(ctx context.Context, req storage.ReadRequest, res *storage.ReadResult) error {
	err := l.Log.Read(ctx, req, res)
	free := l.buffer[:]
	for i := range res.Records {
		r := &res.Records[i]
		n := copy(free, r.Data)
		r.Data, free = free[:n], free[n:]
	}
	return err
}

type greedy struct{ storage.Log }

func (l greedy) Read(ctx context.Context, req storage.ReadRequest, res *storage.ReadResult) error {
	req.MaxBytes = 1 << 30
	return l.Log.Read(ctx, req, res)
}

type late struct{ storage.Log }

func (l late) Read(ctx context.Context, req storage.ReadRequest, res *storage.ReadResult) error {
	if req.NotBeforeMillis > 0 {
		req.NotBeforeMillis++
	}
	return l.Log.Read(ctx, req, res)
}

type blind struct{ storage.Log }

func (l blind) Read(ctx context.Context, req storage.ReadRequest, res *storage.ReadResult) error {
	err := l.Log.Read(ctx, req, res)
	res.NextMillis = 0
	return err
}

type off struct{ storage.Log }

func (l off) OffsetAt(ctx context.Context, key storage.ShardKey, millis int64) (storage.Offset, error) {
	return l.Log.OffsetAt(ctx, key, millis+1)
}

type rough struct{ storage.Log }

func (l rough) Trim(ctx context.Context, id storage.StreamID, beforeMillis int64) error {
	return l.Log.Trim(ctx, id, beforeMillis+1)
}

type hasty struct{ storage.Log }

func (l hasty) Wait(ctx context.Context, key storage.ShardKey, from storage.Offset) error {
	return l.Log.Wait(ctx, key, 0)
}

type mixed struct{ storage.Log }

func (l mixed) Propose(ctx context.Context, machine string, command []byte) (any, error) {
	if machine == "other" {
		machine = "catalog"
	}
	return l.Log.Propose(ctx, machine, command)
}

// open is a log that keeps its promise to close only when it is done with.
type open struct {
	storage.Log
	closed bool
}

func (l *open) Close() error {
	if l.closed {
		return l.Log.Close()
	}
	l.closed = true
	return nil
}
