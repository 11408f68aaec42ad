package extent

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
)

// written is what a test asked a Writer to keep.
type written struct {
	run   run
	meta  Meta
	saved bool // a Sync or Finish after it returned nil
}

// script writes a file of random extents with random syncs, until it is
// finished or a call fails. It returns what was added, and the first error.
func script(fs vfs.FS, rnd *rand.Rand) ([]written, error) {
	var all []written
	saved := func() {
		for i := range all {
			all[i].saved = true
		}
	}
	w, err := Create(fs, "x", 1, Options{Direct: rnd.IntN(2) == 0, BlockBytes: 2000})
	if err != nil {
		return all, err
	}
	for shard := range uint32(1 + rnd.IntN(6)) {
		r := makeRun(shard, storage.Offset(rnd.IntN(100)), 1+rnd.IntN(40), rnd.IntN(1000))
		if rnd.IntN(8) == 0 {
			r = makeRun(shard, 0, 3, 500<<10) // more than the Writer's buffer
		}
		m, err := w.Add(r.key, r.first, r.parts(200))
		if err != nil {
			return all, err
		}
		all = append(all, written{run: r, meta: m})
		if rnd.IntN(3) == 0 {
			if err := w.Sync(); err != nil {
				return all, err
			}
			saved()
		}
	}
	if rnd.IntN(4) == 0 {
		return all, errors.Join(w.Close(), errfs.ErrInjected)
	}
	if err := w.Finish(); err != nil {
		return all, err
	}
	saved()
	return all, nil
}

// checkSaved checks what can be read of a file after a crash: everything that
// was saved, and of the rest nothing that was not written.
func checkSaved(t *testing.T, fs vfs.FS, all []written) {
	t.Helper()
	s := NewStore(fs, "x", StoreOptions{Direct: true})
	defer s.Close()
	for _, w := range all {
		got, err := readAll(s, w.meta, 7)
		var corrupt *storage.CorruptError
		if w.saved && err != nil || err != nil && !errors.As(err, &corrupt) {
			t.Fatalf("read of %v, saved %v: %v", w.meta, w.saved, err)
		}
		same(t, got, w.run.records[:len(got)])
	}
	found := make(map[Meta]bool)
	err := Inspect(fs, Path("x", Class1d, 1), true, func(m Meta, err error) bool {
		found[m] = err == nil
		return true
	})
	for _, w := range all {
		if w.saved && (err != nil || !found[w.meta]) {
			t.Fatalf("inspect did not find %v: %v", w.meta, err)
		}
	}
}

// TestPowerLoss cuts the power at a random call. LEAT_CRASH_SEEDS says how
// often; LEAT_CRASH_SEED tries one seed only.
func TestPowerLoss(t *testing.T) {
	first, n := 0, 150
	if s := os.Getenv("LEAT_CRASH_SEEDS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("LEAT_CRASH_SEED"); s != "" {
		first, _ = strconv.Atoi(s)
		n = 1
	}
	for seed := uint64(first); seed < uint64(first+n); seed++ {
		rnd := rand.New(rand.NewPCG(seed, 0))
		crash := vfs.NewCrash()
		all, _ := script(errfs.Wrap(crash, errfs.FailFrom(rnd.IntN(30), errfs.ErrInjected)), rnd)
		checkSaved(t, crash.PowerLoss(seed), all)
		if t.Failed() {
			t.Fatalf("replay with LEAT_CRASH_SEED=%d", seed)
		}
	}
}

// TestNthCallFails makes one call fail, whichever it is: the error comes out,
// and what was saved before is there.
func TestNthCallFails(t *testing.T) {
	for n := 0; ; n++ {
		crash := vfs.NewCrash()
		fs := errfs.Wrap(crash, errfs.FailNth(n, errfs.ErrInjected))
		all, err := script(fs, rand.New(rand.NewPCG(11, 0)))
		if err != nil && !errors.Is(err, errfs.ErrInjected) {
			t.Fatalf("call %d failed: %v", n, err)
		}
		checkSaved(t, crash.Kill(), all)
		if fs.Calls() <= n {
			if n < 8 || err != nil {
				t.Fatalf("only %d calls, then %v", n, err)
			}
			return
		}
		if err == nil {
			t.Fatalf("call %d failed, and nobody was told", n)
		}
	}
}

// TestErrorsStick: after a failed write or sync nothing is accepted any more,
// although the file system works again.
func TestErrorsStick(t *testing.T) {
	for _, op := range []errfs.Op{errfs.OpWrite, errfs.OpSync} {
		fs := errfs.Wrap(vfs.NewCrash())
		w, err := Create(fs, "x", 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := makeRun(1, 0, 10, 10)
		add(t, w, r)
		fs.Inject(errfs.FailOp(op, fileSuffix, errfs.ErrInjected))
		if err := w.Sync(); !errors.Is(err, errfs.ErrInjected) {
			t.Errorf("failed %s gave %v", op, err)
		}
		fs.Inject()
		if _, err := w.Add(r.key, 0, r.parts(100)); !errors.Is(err, errfs.ErrInjected) {
			t.Errorf("add after failed %s: %v", op, err)
		}
		if err := w.Sync(); !errors.Is(err, errfs.ErrInjected) {
			t.Errorf("sync after failed %s: %v", op, err)
		}
		if err := w.Finish(); !errors.Is(err, errfs.ErrInjected) {
			t.Errorf("finish after failed %s: %v", op, err)
		}
	}
}

// TestStoreReportsFailures makes the calls of Punch and Remove fail.
func TestStoreReportsFailures(t *testing.T) {
	for _, c := range []struct {
		op     errfs.Op
		suffix string
	}{
		{errfs.OpOpen, fileSuffix}, {errfs.OpPunch, fileSuffix}, {errfs.OpRemove, fileSuffix}, {errfs.OpSyncDir, "1d"},
	} {
		inner := newFS()
		m := write(t, inner, 1, Options{}, makeRun(1, 0, 10, 10))[0]
		s := open(t, errfs.Wrap(inner, errfs.FailOp(c.op, c.suffix, errfs.ErrInjected)), StoreOptions{})
		if err := errors.Join(s.Punch(m), s.Remove(m.Class, m.File)); !errors.Is(err, errfs.ErrInjected) {
			t.Errorf("failed %s: %v", c.op, err)
		}
	}
}

// TestTrace compares the calls of a file's life with testdata/trace, so that a
// sync that gets lost shows.
func TestTrace(t *testing.T) {
	fs := errfs.Wrap(vfs.NewCrash())
	var trace strings.Builder
	fs.Trace(&trace)
	step := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		trace.WriteString("-- " + name + "\n")
	}
	w, err := Create(fs, "x", 1, Options{})
	step("create", err)
	metas := add(t, w, makeRun(1, 0, 10, 10), makeRun(2, 0, 100, 100))
	step("add", nil)
	step("sync", w.Sync())
	add(t, w, makeRun(1, 10, 3000, 1000))
	step("add", nil)
	step("finish", w.Finish())
	s := NewStore(fs, "x", StoreOptions{})
	_, err = readAll(s, metas[0], 10)
	step("read", err)
	step("punch", s.Punch(metas[0]))
	step("remove", s.Remove(metas[0].Class, metas[0].File))
	step("close", s.Close())
	golden(t, "testdata/trace", []byte(trace.String()))
}
