package disklog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
)

// TestFaults fails the n-th file-system call, for n = 0, 1, 2 and so on until
// no call is left to fail in any of several histories. Whatever fails, everything acknowledged is found by
// the next Open, also after a power failure; and a log that has stopped says so
// in every call.
func TestFaults(t *testing.T) {
	stopped, short := 0, 0
	for n := 0; short < 20; n++ {
		rnd := rand.New(rand.NewPCG(uint64(n), 4))
		w := newWorld(rnd)
		injected := errors.New("injected")
		fail := errfs.FailNth(n, injected)
		var failed errfs.Call
		faults := errfs.Wrap(w.fs, func(c errfs.Call) error {
			err := fail(c)
			if err != nil {
				failed = c
			}
			return err
		})
		log, err := w.open(faults, injected)
		if err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
		if log != nil {
			w.use(log, 30)
			if log.isStopped() {
				stopped++
				if err := checkStopped(log, injected); err != nil {
					t.Errorf("call %d, %v: %v", n, failed, err)
				}
			}
		}
		w.crash(log)
		again, err := w.open(w.fs, injected)
		if err != nil || again == nil {
			t.Fatalf("after call %d, %v: %v", n, failed, err)
		}
		if err := again.Close(); err != nil {
			t.Fatalf("after call %d, %v: close: %v", n, failed, err)
		}
		if faults.Calls() <= n {
			short++ // this history had fewer calls than that
		}
	}
	if stopped < 50 {
		t.Errorf("%d faults have stopped the log, so few that the histories must be too plain", stopped)
	}
}

// checkStopped checks what a log says after a fault that has stopped it.
func checkStopped(log *Log, injected error) error {
	<-log.Done()
	ctx := context.Background()
	var res storage.ReadResult
	_, bounds := log.Bounds(storage.ShardKey{})
	_, offset := log.OffsetAt(ctx, storage.ShardKey{}, 0)
	_, propose := log.Propose(ctx, "catalog", nil)
	for call, err := range map[string]error{
		"Err":      fmt.Errorf("%w: %w", storage.ErrStopped, log.Err()),
		"Append":   log.Append(ctx, &storage.Batch{}),
		"Read":     log.Read(ctx, storage.ReadRequest{}, &res),
		"Bounds":   bounds,
		"OffsetAt": offset,
		"Wait":     log.Wait(ctx, storage.ShardKey{}, 0),
		"Trim":     log.Trim(ctx, 1, 0),
		"Propose":  propose,
	} {
		if !errors.Is(err, storage.ErrStopped) || !errors.Is(err, injected) {
			return fmt.Errorf("%s says %v", call, err)
		}
	}
	return nil
}
