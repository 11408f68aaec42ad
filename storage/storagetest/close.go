package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/storage"
)

var closeTests = []test{
	{"every later call is ErrStopped", closeStops},
	{"a pending Wait is ErrStopped", closeWait},
	{"accepted calls are answered", closeAnswers},
	{"a second Close is harmless", closeTwice},
	{"no goroutine is left", closeLeaksNothing},
	{"views stay valid", closeViews},
}

func closeStops(f *fixture) {
	key := f.open(1, 1)[0]
	f.appendOne(key, "x")
	if err := f.log.Close(); err != nil {
		f.Fatal(err)
	}
	ctx := f.ctx
	_, boundsErr := f.log.Bounds(key)
	_, offsetErr := f.log.OffsetAt(ctx, key, 0)
	_, proposeErr := f.log.Propose(ctx, catalogName, Command{}.Encode())
	for call, err := range map[string]error{
		"Append":          f.appendError(key),
		"Read":            f.log.Read(ctx, storage.ReadRequest{Key: key, MaxRecords: 1, MaxBytes: 1}, new(storage.ReadResult)),
		"Bounds":          boundsErr,
		"OffsetAt":        offsetErr,
		"Wait, ready":     f.log.Wait(ctx, key, 0),
		"Wait, not ready": f.log.Wait(ctx, key, 1),
		"Trim":            f.log.Trim(ctx, 1, 1),
		"Propose":         proposeErr,
	} {
		if !errors.Is(err, storage.ErrStopped) {
			f.Errorf("%s: %v", call, err)
		}
	}
}

func closeWait(f *fixture) {
	key := f.open(1, 1)[0]
	var waits []<-chan error
	for from := range storage.Offset(10) {
		waits = append(waits, f.waiting(context.Background(), key, from))
	}
	f.pending(waits[0])
	if err := f.log.Close(); err != nil {
		f.Fatal(err)
	}
	for _, w := range waits {
		if err := f.outcome(w); !errors.Is(err, storage.ErrStopped) {
			f.Errorf("wait: %v", err)
		}
	}
}

// closeAnswers closes the log under load. Every call must return; after it was
// opened again a durable engine holds exactly what was acknowledged, and of
// each caller at most the one record more that it got an error for.
func closeAnswers(f *fixture) {
	const callers = 8
	keys := f.open(1, callers)
	acked := make([][]storage.Record, callers)
	commands := f.propose(Command{}).Count
	var (
		wg, started sync.WaitGroup
		mu          sync.Mutex
	)
	started.Add(callers)
	for c := range callers {
		wg.Go(func() {
			for i := 0; ; i++ {
				b := storage.Batch{Stream: 1, Records: []storage.Record{record(uint32(c), fmt.Sprint(i))}}
				err := f.log.Append(context.Background(), &b)
				if i == 0 {
					started.Done()
				}
				if err != nil {
					if !errors.Is(err, storage.ErrStopped) {
						f.Errorf("append: %v", err)
					}
					return
				}
				acked[c] = append(acked[c], b.Records...)
				_, err = f.log.Propose(context.Background(), catalogName, Command{Value: "x"}.Encode())
				if err != nil {
					if !errors.Is(err, storage.ErrStopped) {
						f.Errorf("propose: %v", err)
					}
					return
				}
				mu.Lock()
				commands++
				mu.Unlock()
			}
		})
	}
	started.Wait()
	if err := f.log.Close(); err != nil {
		f.Error(err)
	}
	wg.Wait()
	if !f.engine.Durable || f.Failed() {
		return
	}
	f.start()
	for c, key := range keys {
		got := f.readAll(key)
		if extra := len(got) - len(acked[c]); extra < 0 || extra > 1 {
			f.Fatalf("%v holds %d records, of which %d were acknowledged", key, len(got), len(acked[c]))
		}
		f.expect(got[:len(acked[c])], acked[c])
	}
	if got := f.propose(Command{}).Count - 1; got < commands || got > commands+callers {
		f.Errorf("%d commands were applied, of which %d were acknowledged", got, commands)
	}
}

func closeTwice(f *fixture) {
	if err := f.log.Close(); err != nil {
		f.Fatal(err)
	}
	if err := f.log.Close(); err != nil && !errors.Is(err, storage.ErrStopped) {
		f.Errorf("second close: %v", err)
	}
}

func closeLeaksNothing(f *fixture) {
	f.open(1, 3)
	before := goleak.IgnoreCurrent() // the fixture's own log among them
	dir := f.TempDir()
	log, err := f.engine.Open(dir, f.clock, map[string]storage.Machine{catalogName: &Catalog{}})
	if err != nil {
		f.Fatal(err)
	}
	other := &fixture{T: f.T, engine: f.engine, clock: f.clock, log: log, ctx: f.ctx}
	key := other.open(1, 1)[0]
	other.fill(key, 100, 100)
	w := other.waiting(f.ctx, key, 1000)
	if err := log.Close(); err != nil {
		f.Fatal(err)
	}
	if err := other.outcome(w); !errors.Is(err, storage.ErrStopped) {
		f.Errorf("wait: %v", err)
	}
	goleak.VerifyNone(f.T, before)
}

func closeViews(f *fixture) {
	key := f.open(1, 1)[0]
	want := f.fill(key, 100, 500)
	held := f.readAll(key)
	if err := f.log.Close(); err != nil {
		f.Fatal(err)
	}
	if f.engine.Durable {
		f.start()
		f.fill(key, 100, 500)
	}
	f.expect(held, want)
}
