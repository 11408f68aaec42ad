package leasetest

import (
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

var lockTests = []test{
	{"the lock can be acquired when nobody has it", acquireAbsent},
	{"the lock can be acquired from a silent leader", acquireSilent},
	{"a heartbeat changes the version", heartbeat},
	{"a released lock can be acquired", release},
}

// lock returns a lock of a worker.
func lock(owner, version string) lease.Lock {
	return lease.Lock{Owner: owner, Duration: 2 * time.Minute, Version: version}
}

// expectLock fails unless the lock is like this.
func (f *fixture) expectLock(want lease.Lock) {
	f.Helper()
	if got, err := f.b.Lock(f.ctx); err != nil || got != want {
		f.Fatalf("lock is %+v, %v, want %+v", got, err, want)
	}
}

func acquireAbsent(f *fixture) {
	_, err := f.a.Lock(f.ctx)
	f.is(err, lease.ErrNotFound)
	seen := lock("c", "0")
	f.is(f.a.AcquireLock(f.ctx, &seen, lock("a", "1")), lease.ErrConflict)
	f.must(f.a.AcquireLock(f.ctx, nil, lock("a", "1")))
	f.expectLock(lock("a", "1"))
	f.is(f.b.AcquireLock(f.ctx, nil, lock("b", "2")), lease.ErrConflict)
	f.expectLock(lock("a", "1"))
}

func acquireSilent(f *fixture) {
	old := lock("a", "1")
	f.must(f.a.AcquireLock(f.ctx, nil, old))
	f.must(f.a.Heartbeat(f.ctx, old, "2"))
	f.is(f.b.AcquireLock(f.ctx, &old, lock("b", "3")), lease.ErrConflict)
	seen := lock("a", "2")
	f.must(f.b.AcquireLock(f.ctx, &seen, lock("b", "3")))
	f.expectLock(lock("b", "3"))
	f.is(f.a.Heartbeat(f.ctx, seen, "4"), lease.ErrConflict)
	f.is(f.a.ReleaseLock(f.ctx, seen), lease.ErrConflict)
	f.expectLock(lock("b", "3"))
}

func heartbeat(f *fixture) {
	held := lock("a", "1")
	f.is(f.a.Heartbeat(f.ctx, held, "2"), lease.ErrConflict)
	f.must(f.a.AcquireLock(f.ctx, nil, held))
	f.must(f.a.Heartbeat(f.ctx, held, "2"))
	f.expectLock(lock("a", "2"))
	f.is(f.a.Heartbeat(f.ctx, held, "3"), lease.ErrConflict)
	f.is(f.a.Heartbeat(f.ctx, lock("b", "2"), "3"), lease.ErrConflict)
	f.expectLock(lock("a", "2"))
}

func release(f *fixture) {
	held := lock("a", "1")
	f.must(f.a.AcquireLock(f.ctx, nil, held))
	f.is(f.b.ReleaseLock(f.ctx, lock("b", "1")), lease.ErrConflict)
	f.must(f.a.ReleaseLock(f.ctx, held))
	var seen *lease.Lock
	switch now, err := f.b.Lock(f.ctx); {
	case err == nil && now.Released:
		seen = &now
	case err == nil:
		f.Fatalf("lock is %+v", now)
	default:
		f.is(err, lease.ErrNotFound)
	}
	f.must(f.b.AcquireLock(f.ctx, seen, lock("b", "2")))
	f.expectLock(lock("b", "2"))
}
