package consumer

import (
	"context"
	"sync"

	"github.com/leat-io/leat/consumer/lease"
)

// troubledStore is a lease store that can be down, and that can lose its
// answers.
type troubledStore struct {
	lease.Store

	mu        sync.Mutex
	down      bool
	hangs     bool // calls do not return before their context ends
	throttles bool // two calls out of three are refused
	calls     int
	loses     map[string]int // by method: how many of the next answers are lost
}

func trouble(s lease.Store) *troubledStore {
	return &troubledStore{Store: s, loses: map[string]int{}}
}

// setDown says whether calls fail.
func (s *troubledStore) setDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// setHangs says whether calls hang.
func (s *troubledStore) setHangs(hangs bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangs = hangs
}

// setThrottles says whether most calls are refused.
func (s *troubledStore) setThrottles(throttles bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttles = throttles
}

// lose has the next answers of a method be lost.
func (s *troubledStore) lose(method string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loses[method] = times
}

// enter is called before a method, answer after it.
func (s *troubledStore) enter(ctx context.Context) error {
	s.mu.Lock()
	down, hangs := s.down, s.hangs
	s.calls++
	throttled := s.throttles && s.calls%3 != 0
	s.mu.Unlock()
	if throttled {
		return lease.ErrThrottled
	}
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if down {
		return errTransient
	}
	return nil
}

func (s *troubledStore) answer(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loses[method] > 0 {
		s.loses[method]--
		return errTransient
	}
	return nil
}

// troubled carries out a call that may be in trouble.
func troubled[T any](ctx context.Context, s *troubledStore, method string, call func() (T, error)) (T, error) {
	var none T
	if err := s.enter(ctx); err != nil {
		return none, err
	}
	out, err := call()
	if lost := s.answer(method); lost != nil {
		return none, lost
	}
	return out, err
}

func (s *troubledStore) List(ctx context.Context) (lease.Listing, error) {
	return troubled(ctx, s, "List", func() (lease.Listing, error) { return s.Store.List(ctx) })
}

func (s *troubledStore) Keys(ctx context.Context, owner string) ([]string, error) {
	return troubled(ctx, s, "Keys", func() ([]string, error) { return s.Store.Keys(ctx, owner) })
}

func (s *troubledStore) Get(ctx context.Context, key string) (lease.Lease, error) {
	return troubled(ctx, s, "Get", func() (lease.Lease, error) { return s.Store.Get(ctx, key) })
}

func (s *troubledStore) Create(ctx context.Context, l lease.Lease) (bool, error) {
	return troubled(ctx, s, "Create", func() (bool, error) { return s.Store.Create(ctx, l) })
}

func (s *troubledStore) Renew(ctx context.Context, l lease.Lease) (lease.Lease, error) {
	return troubled(ctx, s, "Renew", func() (lease.Lease, error) { return s.Store.Renew(ctx, l) })
}

func (s *troubledStore) Update(ctx context.Context, l lease.Lease) (lease.Lease, error) {
	return troubled(ctx, s, "Update", func() (lease.Lease, error) { return s.Store.Update(ctx, l) })
}

func (s *troubledStore) Assign(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	return troubled(ctx, s, "Assign", func() (lease.Lease, error) { return s.Store.Assign(ctx, l, worker) })
}

func (s *troubledStore) Handoff(ctx context.Context, l lease.Lease, worker string) (lease.Lease, error) {
	return troubled(ctx, s, "Handoff", func() (lease.Lease, error) { return s.Store.Handoff(ctx, l, worker) })
}

func (s *troubledStore) Lock(ctx context.Context) (lease.Lock, error) {
	return troubled(ctx, s, "Lock", func() (lease.Lock, error) { return s.Store.Lock(ctx) })
}

func (s *troubledStore) Migration(ctx context.Context) (lease.Migration, error) {
	return troubled(ctx, s, "Migration", func() (lease.Migration, error) { return s.Store.Migration(ctx) })
}
