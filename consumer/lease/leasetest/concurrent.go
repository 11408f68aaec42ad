package leasetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/leat-io/leat/consumer/lease"
)

var concurrentTests = []test{
	{"one of many creations wins", createConcurrently},
	{"one of many takers wins", takeConcurrently},
	{"one of many leaders wins", acquireConcurrently},
}

// contenders is how many workers try at once.
const contenders = 8

// contend has them all try, with a store and a name each, and returns how many
// won. try reports whether it did.
func (f *fixture) contend(try func(s lease.Store, worker string) (bool, error)) int {
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range contenders {
		s := f.a
		if i%2 == 1 {
			s = f.b
		}
		wg.Go(func() {
			ok, err := try(s, fmt.Sprint("worker-", i))
			switch {
			case err != nil && !errors.Is(err, lease.ErrConflict):
				f.Error(err)
			case ok:
				won.Add(1)
			}
		})
	}
	wg.Wait()
	return int(won.Load())
}

func createConcurrently(f *fixture) {
	won := f.contend(func(s lease.Store, worker string) (bool, error) {
		l := lease.New("", "s", lease.Latest)
		l.Owner = worker
		return s.Create(f.ctx, l)
	})
	if won != 1 {
		f.Errorf("%d have created the lease", won)
	}
}

func takeConcurrently(f *fixture) {
	l := f.owned("s", "dead")
	won := f.contend(func(s lease.Store, worker string) (bool, error) {
		_, err := s.Take(f.ctx, l, worker)
		return err == nil, err
	})
	now, err := f.a.Get(f.ctx, "s")
	f.must(err)
	if won != 1 || now.Counter != l.Counter+1 {
		f.Errorf("%d have taken the lease, %+v", won, now)
	}
}

func acquireConcurrently(f *fixture) {
	won := f.contend(func(s lease.Store, worker string) (bool, error) {
		err := s.AcquireLock(f.ctx, nil, lock(worker, worker))
		return err == nil, err
	})
	if won != 1 {
		f.Errorf("%d have the lock", won)
	}
}
