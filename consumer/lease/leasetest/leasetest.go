// Package leasetest is the suite that every lease store passes: each promise
// of [lease.Store] is a named test of [Run].
//
// A store's own test needs little more than
//
//	leasetest.Run(t, func(t *testing.T) leasetest.Opener {
//		s := memlease.New()
//		return func() lease.Store { return s }
//	})
package leasetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/leat-io/leat/consumer/lease"
)

// Opener returns another value for the same application, as a worker would
// have. It may return the same value again. Run calls Open of each.
type Opener func() lease.Store

// Run checks a store against every promise of the contract. It calls fresh for
// each test, which returns what opens a store that is empty.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	groups := []struct {
		name  string
		tests []test
	}{
		{"Create", createTests},
		{"Hold", holdTests},
		{"Give", giveTests},
		{"Complete", completeTests},
		{"Fleet", fleetTests},
		{"Lock", lockTests},
		{"Concurrent", concurrentTests},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.tests {
				t.Run(c.name, func(t *testing.T) { c.run(newFixture(t, fresh)) })
			}
		})
	}
}

// test is one promise and its check.
type test struct {
	name string
	run  func(f *fixture)
}

// fixture is an application with two workers.
type fixture struct {
	*testing.T
	ctx  context.Context
	a, b lease.Store
}

func newFixture(t *testing.T, fresh func(t *testing.T) Opener) *fixture {
	open := fresh(t)
	f := &fixture{T: t, ctx: t.Context(), a: open(), b: open()}
	for _, s := range []lease.Store{f.a, f.b} {
		f.must(s.Open(f.ctx))
	}
	return f
}

// must ends the test on an error.
func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// create adds a lease, which must be new, and returns it.
func (f *fixture) create(l lease.Lease) lease.Lease {
	f.Helper()
	created, err := f.a.Create(f.ctx, l)
	f.must(err)
	if !created {
		f.Fatalf("%s is there already", l.Key)
	}
	return l
}

// owned adds a lease that the worker owns.
func (f *fixture) owned(key, owner string) lease.Lease {
	f.Helper()
	l := lease.New("", key, lease.TrimHorizon)
	l.Owner, l.Counter = owner, 7
	return f.create(l)
}

// handedOver adds a lease that goes from one worker to another.
func (f *fixture) handedOver(key, from, to string) lease.Lease {
	f.Helper()
	l, err := f.a.Handoff(f.ctx, f.owned(key, from), to)
	f.must(err)
	return l
}

// expect fails unless both workers see the lease like this.
func (f *fixture) expect(want lease.Lease) {
	f.Helper()
	for _, s := range []lease.Store{f.a, f.b} {
		got, err := s.Get(f.ctx, want.Key)
		f.must(err)
		f.same("lease", got, want)
	}
}

// same fails unless the two leases say the same. Shard ids have no order.
func (f *fixture) same(what string, got, want lease.Lease) {
	f.Helper()
	if !reflect.DeepEqual(canonical(got), canonical(want)) {
		f.Fatalf("%s is\n%+v, want\n%+v", what, got, want)
	}
}

// canonical returns l with its sets in order, and nil where they are empty.
func canonical(l lease.Lease) lease.Lease {
	l = l.Clone()
	slices.Sort(l.Parents)
	slices.Sort(l.Children)
	if len(l.Parents) == 0 {
		l.Parents = nil
	}
	if len(l.Children) == 0 {
		l.Children = nil
	}
	if len(l.PendingState) == 0 {
		l.PendingState = nil
	}
	return l
}

// conflict fails unless the error is a conflict that tells, if it tells
// anything, that the row is like this; nil is no row.
func (f *fixture) conflict(err error, now *lease.Lease) {
	f.Helper()
	var conflict *lease.ConflictError
	if !errors.As(err, &conflict) || !errors.Is(err, lease.ErrConflict) {
		f.Fatalf("error is %v, want a conflict", err)
	}
	switch {
	case conflict.Now == nil:
	case now == nil:
		f.Fatalf("the conflict says %+v, there is no row", *conflict.Now)
	default:
		f.same("conflicting row", *conflict.Now, *now)
	}
}

// is fails unless err wraps want.
func (f *fixture) is(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("error is %v, want %v", err, want)
	}
}
