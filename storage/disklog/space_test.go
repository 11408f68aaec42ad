package disklog

import (
	"context"
	"errors"
	"testing"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/internal/vfs/errfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/storagetest"
)

// TestReserve fills a volume down to the reserve: appends are refused, and
// everything else goes on, until there is half as much again.
func TestReserve(t *testing.T) {
	fs := vfs.NewCrash()
	const total, reserve = 12 << 20, 4 << 20
	fs.SetTotal(total)
	o := tiny()
	o.FS, o.MinFreeBytes, o.SegmentBytes, o.MemoryBytes = fs, reserve, 1<<20, 256<<10
	log := openTest(t, "", o)
	openShards(t, log, 1)
	stored := 0
	var err error
	for ; stored < 10000 && err == nil; stored++ {
		err = appendOne(log, 0, 10_000)
	}
	stored--
	if !errors.Is(err, storage.ErrFull) {
		t.Fatalf("append says %v after %d records, want ErrFull", err, stored)
	}
	// A segment that is being prepared, a flush and a snapshot may go on.
	if free, _, _ := fs.Space("data"); free > reserve || free < reserve/4 {
		t.Errorf("%d bytes are free, the reserve is %d", free, reserve)
	}
	if !log.Stats().Full || !log.Full() {
		t.Error("Stats or Full do not say so")
	}
	propose(t, log, storagetest.Command{Value: "a command"})
	if n := count(t, log, 0); n != stored {
		t.Errorf("%d records can be read, want %d", n, stored)
	}
	fs.SetTotal(total + reserve/4)
	if err := appendOne(log, 0, 10); !errors.Is(err, storage.ErrFull) {
		t.Errorf("append says %v before there is half as much again", err)
	}
	fs.SetTotal(total + 2*reserve)
	if log.Full() {
		t.Error("Full does not see that there is room")
	}
	mustAppend(t, log, 0, 10)
	if log.Stats().Full || log.Full() {
		t.Error("Stats or Full still say that it is full")
	}
}

// TestTrimMakesRoom gives up everything on a full volume, and appends again.
func TestTrimMakesRoom(t *testing.T) {
	fs := vfs.NewCrash()
	fs.SetTotal(8 << 20)
	clock := storagetest.NewClock()
	o := tiny()
	o.FS, o.Clock, o.MinFreeBytes, o.SegmentBytes, o.MemoryBytes = fs, clock, 2<<20, 1<<20, 256<<10
	log := openTest(t, "", o)
	openShards(t, log, 1)
	var err error
	for i := 0; i < 10000 && err == nil; i++ {
		err = appendOne(log, 0, 10_000)
	}
	if !errors.Is(err, storage.ErrFull) {
		t.Fatalf("append says %v", err)
	}
	clock.Step(1e9)
	if err := log.Trim(context.Background(), 1, clock.Millis()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an append is accepted", func() bool { return appendOne(log, 0, 10) == nil })
}

// TestNoSpace lets the volume run full without a reserve. A flush that finds
// no space is tried again; a commit that finds none stops the log, and loses
// nothing.
func TestNoSpace(t *testing.T) {
	fs := vfs.NewCrash()
	fs.SetTotal(3 << 20)
	o := tiny()
	o.FS = fs
	log := openTest(t, "", o)
	openShards(t, log, 1)
	stored := 0
	var err error
	for err == nil {
		if err = appendOne(log, 0, 10_000); err == nil {
			stored++
		}
		if stored > 1000 {
			t.Fatal("the volume is never full")
		}
	}
	if !errors.Is(err, storage.ErrFull) && !(errors.Is(err, storage.ErrStopped) && errors.Is(err, vfs.ErrNoSpace)) {
		t.Fatalf("append says %v", err)
	}
	_ = log.Close()
	fs.SetTotal(0)
	log = openTest(t, "", o)
	if n := count(t, log, 0); n < stored || n > stored+1 { // the last one was not answered
		t.Errorf("%d records can be read, want %d", n, stored)
	}
	mustAppend(t, log, 0, 10)
}

// TestFlushNoSpace lets no extent be written. Appends are refused instead of
// waiting for the flush for ever, and go on once there is space.
func TestFlushNoSpace(t *testing.T) {
	fs := errfs.Wrap(vfs.NewCrash())
	fs.Inject(errfs.FailOp(errfs.OpWrite, ".x", vfs.ErrNoSpace))
	o := tiny()
	o.FS = fs
	log := openTest(t, "", o)
	openShards(t, log, 2)
	stored := 0
	eventually(t, "an append is refused", func() bool {
		err := appendOne(log, 0, 5000)
		if err == nil {
			stored++
		} else if !errors.Is(err, storage.ErrFull) {
			t.Fatal(err)
		}
		return err != nil
	})
	if n := count(t, log, 0); n != stored {
		t.Errorf("%d records can be read, want %d", n, stored)
	}
	fs.Inject()
	eventually(t, "an append is accepted", func() bool { return appendOne(log, 1, 10) == nil })
	if log.Err() != nil {
		t.Error(log.Err())
	}
}

// TestGaps punches at Open what a crash has kept from being punched.
func TestGaps(t *testing.T) {
	inner := vfs.NewCrash()
	inner.SetTotal(100 << 20)
	fs := errfs.Wrap(inner, errfs.FailOp(errfs.OpPunch, "", errors.New("not today")))
	o := tiny()
	o.FS, o.ExtentFileBytes = fs, 100<<20
	log := openTest(t, "", o)
	openShards(t, log, 3)
	for range 20 {
		for shard := range uint32(3) {
			mustAppend(t, log, shard, 20_000)
		}
		log.settle()
	}
	propose(t, log, storagetest.Command{Delete: []storage.ShardKey{{Stream: 1, Shard: 1}}})
	log.settle()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	before, _, _ := inner.Space("data")
	fs.Inject()
	log = openTest(t, "", o)
	log.settle()
	if after, _, _ := inner.Space("data"); after < before+300_000 {
		t.Errorf("%d bytes were free, now %d", before, after)
	}
	for _, shard := range []uint32{0, 2} {
		if n := count(t, log, shard); n != 20 {
			t.Errorf("shard %d has %d records", shard, n)
		}
	}
}
