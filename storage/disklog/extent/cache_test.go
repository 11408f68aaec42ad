package extent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/leat-io/leat/storage"
	"golang.org/x/sync/errgroup"
)

// TestCacheIsBounded reads far more than the cache may hold, several extents in
// turn.
func TestCacheIsBounded(t *testing.T) {
	fs := newFS()
	runs := []run{makeRun(1, 0, 1000, 1000), makeRun(2, 0, 10000, 10), makeRun(3, 0, 3, 400<<10)}
	metas := write(t, fs, 1, Options{}, runs...)
	s := open(t, fs, StoreOptions{CacheBytes: 300 << 10, ReadAheadBytes: 100 << 10})
	for range 2 {
		for i, m := range metas {
			for from := m.First; from <= m.Last; {
				got, _, err := s.Read(context.Background(), m, from, 0, 50, 1<<20, nil)
				if err != nil {
					t.Fatal(err)
				}
				same(t, got, runs[i].records[from:int(from)+len(got)])
				from += storage.Offset(len(got))
				if n := s.Stats().CachedBytes; n > 300<<10 {
					t.Fatalf("%d bytes cached", n)
				}
				checkCache(t, s.cache)
			}
		}
	}
}

// checkCache checks that the list, the maps and the sum agree.
func checkCache(t *testing.T, c *cache) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var bytes int64
	listed := 0
	for r := c.mu.lru.next; r != &c.mu.lru; r = r.next {
		bytes += r.bytes
		for _, b := range r.numbers() {
			if r.owner.regions[b] != r || c.mu.extents[r.owner.key] != r.owner {
				t.Fatalf("block %d is in the list, not in the map", b)
			}
			listed++
		}
	}
	for key, e := range c.mu.extents {
		listed -= len(e.regions)
		if len(e.regions)+len(e.loads) == 0 {
			t.Errorf("%v is known for nothing", key)
		}
	}
	if bytes != c.mu.bytes || listed != 0 {
		t.Fatalf("%d bytes are listed, %d counted; %d blocks differ", bytes, c.mu.bytes, listed)
	}
}

// TestOneReadForAll starts many readers of the same records at once; the file
// is read once for all of them, and all get them.
func TestOneReadForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &hookFS{FS: newFS()}
		r := makeRun(1, 0, 300, 1000)
		m := write(t, hook.FS, 1, Options{}, r)[0]
		gate := make(chan bool)
		var reads atomic.Int64
		hook.onRead = func(string, int64, int64) error {
			reads.Add(1)
			<-gate
			return nil
		}
		s := open(t, hook, StoreOptions{})
		const readers = 20
		for range readers {
			go func() {
				got, _, err := s.Read(context.Background(), m, 100, 0, 50, 1<<20, nil)
				if err != nil {
					t.Error(err)
					return
				}
				same(t, got, r.records[100:150])
			}()
		}
		synctest.Wait() // all wait for the first read, of the table
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			if _, _, err := s.Read(ctx, m, 100, 0, 50, 1<<20, nil); !errors.Is(err, context.Canceled) {
				t.Errorf("a reader that gave up got %v", err)
			}
		}()
		synctest.Wait()
		if n := reads.Load(); n != 1 {
			t.Errorf("%d reads of the table", n)
		}
		cancel()
		synctest.Wait()
		gate <- true
		synctest.Wait() // all wait for the read of the blocks
		if n := reads.Load(); n != 2 {
			t.Errorf("%d reads of the table and the blocks", n)
		}
		gate <- true
		synctest.Wait()
		if n := reads.Load(); n != 2 {
			t.Errorf("%d reads in all", n)
		}
		checkCache(t, s.cache)
	})
}

// TestPunchWhileLoading punches an extent between the first read of its file
// and the end of that load: what was read is not kept.
func TestPunchWhileLoading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &hookFS{FS: newFS()}
		m := write(t, hook.FS, 1, Options{}, makeRun(1, 0, 10, 10))[0]
		gate := make(chan bool)
		hook.afterRead = func() { <-gate }
		s := open(t, hook, StoreOptions{})
		go func() {
			if _, err := s.OffsetAt(context.Background(), m, m.LastMillis); err == nil {
				t.Error("blocks were kept")
			}
		}()
		synctest.Wait()
		if err := s.Punch(m); err != nil {
			t.Error(err)
		}
		close(gate)
		synctest.Wait()
		if n := s.Stats().CachedBytes; n != 0 {
			t.Errorf("%d bytes are cached", n)
		}
		checkCache(t, s.cache)
	})
}

// TestOneErrorForAll starts many readers of a damaged block at once; the file
// is read once for all of them.
func TestOneErrorForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook := &hookFS{FS: newFS()}
		m := write(t, hook.FS, 1, Options{}, makeRun(1, 0, 300, 1000))[0]
		s := open(t, hook, StoreOptions{})
		x, err := s.index(context.Background(), m, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := content(t, hook.FS, Path("x", m.Class, m.File))
		b[x.blocks[3].pos]++
		put(t, hook.FS, Path("x", m.Class, m.File), b)
		gate := make(chan bool)
		hook.onRead = func(string, int64, int64) error {
			<-gate
			return nil
		}
		for range 20 {
			go func() {
				var corrupt *storage.CorruptError
				if _, _, err := s.Read(context.Background(), m, x.blocks[3].first, 0, 1, 1, nil); !errors.As(err, &corrupt) {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		before := s.Stats().Loads
		close(gate)
		synctest.Wait()
		if n := s.Stats().Loads - before; n != 1 {
			t.Errorf("%d reads", n)
		}
	})
}

// TestConcurrentReads reads from several extents at once through a cache that
// holds a fraction of them, while files are removed and extents punched.
func TestConcurrentReads(t *testing.T) {
	fs := newFS()
	var runs []run
	for shard := range uint32(4) {
		runs = append(runs, makeRun(shard, 0, 400, 300))
	}
	metas := write(t, fs, 1, Options{BlockBytes: 2000}, runs...)
	doomed := write(t, fs, 2, Options{}, runs...)
	s := open(t, fs, StoreOptions{CacheBytes: 40000, ReadAheadBytes: 10000, OpenFiles: 1})
	var g errgroup.Group
	for reader := range uint64(6) {
		g.Go(func() error {
			rnd := rand.New(rand.NewPCG(reader, 0))
			for range 300 {
				i, from, n := rnd.IntN(len(metas)), rnd.IntN(400), 1+rnd.IntN(100)
				got, _, err := s.Read(context.Background(), metas[i], storage.Offset(from), 0, n, 1<<20, nil)
				if err != nil {
					return err
				}
				want := runs[i].records[from:min(from+n, 400)]
				if len(got) != len(want) || string(got[len(got)-1].Data) != string(want[len(want)-1].Data) {
					return fmt.Errorf("%d records from %d, want %d", len(got), from, len(want))
				}
				_, _ = readAll(s, doomed[rnd.IntN(len(doomed))], 400) // there or not
			}
			return nil
		})
	}
	g.Go(func() error {
		for _, m := range doomed {
			if err := s.Punch(m); err != nil {
				return err
			}
		}
		return s.Remove(Class1d, 2)
	})
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	checkCache(t, s.cache)
}
