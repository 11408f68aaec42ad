package leasetest

import (
	"fmt"
	"slices"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

var createTests = []test{
	{"a new store is empty", emptyStore},
	{"everything of a lease is kept", createEverything},
	{"only the first creation counts", createTwice},
	{"what there is not is not found", getMissing},
	{"every lease is listed once", listMany},
	{"no memory is shared", createShares},
}

// full returns a lease with all that a creation writes.
func full() lease.Lease {
	l := lease.New("123456789012:orders:1700000000", "shardId-000000000003", lease.Checkpoint{
		Sequence: "49615115243490985018280067714973144582180062593244200961", SubSequence: 4,
	})
	l.Owner, l.Counter, l.OwnerSwitches = "worker", 11, 2
	l.Parents = []string{"shardId-000000000001", "shardId-000000000002"}
	l.Children = []string{"shardId-000000000008", "shardId-000000000009"}
	l.HasHashRange = true
	l.HashRange = stream.HashKeyRange{Start: stream.HashKey{Lo: 1}, End: stream.MaxHashKey}
	l.Pending = lease.Checkpoint{Sequence: "49615115243490985018280067714973144582180062593244200962", SubSequence: 1}
	return l
}

func emptyStore(f *fixture) {
	for _, want := range []bool{true, false} {
		got, err := f.b.Empty(f.ctx)
		f.must(err)
		if got != want {
			f.Fatalf("Empty is %v, want %v", got, want)
		}
		// Reports are not leases.
		f.must(f.a.PutStats(f.ctx, stats("worker")))
		if got, err := f.b.Empty(f.ctx); err != nil || got != want {
			f.Fatalf("Empty is %v with a report, want %v: %v", got, want, err)
		}
		if want {
			f.create(lease.New("", "shardId-000000000000", lease.Latest))
		}
	}
}

func createEverything(f *fixture) {
	l := f.create(full())
	f.expect(l)
	if l.ShardID() != "shardId-000000000003" || l.Key != "123456789012:orders:1700000000:shardId-000000000003" {
		f.Errorf("key %q, shard %q", l.Key, l.ShardID())
	}
	for _, at := range []lease.Checkpoint{lease.TrimHorizon, lease.Latest, lease.AtTimestamp, lease.ShardEnd} {
		f.expect(f.create(lease.New("", "shard-"+at.Sequence, at)))
	}
}

func createTwice(f *fixture) {
	first := f.owned("s", "a")
	second := lease.New("", "s", lease.Latest)
	if created, err := f.b.Create(f.ctx, second); err != nil || created {
		f.Fatalf("created again: %v, %v", created, err)
	}
	f.expect(first)
}

func getMissing(f *fixture) {
	_, err := f.a.Get(f.ctx, "s")
	f.is(err, lease.ErrNotFound)
	f.must(f.a.Delete(f.ctx, "s"))
	f.is(f.a.SetChildren(f.ctx, "s", []string{"t"}), lease.ErrNotFound)
	f.is(f.a.SetHashRange(f.ctx, "s", stream.HashKeyRange{End: stream.MaxHashKey}), lease.ErrNotFound)
	l := lease.New("", "s", lease.Latest)
	l.Owner = "a"
	for what, write := range f.writes(l) {
		if _, err := write(); err == nil {
			f.Errorf("%s of a lease that does not exist succeeds", what)
		} else {
			f.conflict(err, nil)
		}
	}
	// Nothing of that may have made a row.
	if all, err := f.b.List(f.ctx); err != nil || len(all.Leases) > 0 || all.Unreadable > 0 {
		f.Errorf("listed %+v, %v", all, err)
	}
}

// writes returns all conditional writes to a lease.
func (f *fixture) writes(l lease.Lease) map[string]func() (lease.Lease, error) {
	return map[string]func() (lease.Lease, error){
		"Renew":   func() (lease.Lease, error) { return f.a.Renew(f.ctx, l) },
		"Update":  func() (lease.Lease, error) { return f.a.Update(f.ctx, l) },
		"Take":    func() (lease.Lease, error) { return f.a.Take(f.ctx, l, "b") },
		"Assign":  func() (lease.Lease, error) { return f.a.Assign(f.ctx, l, "b") },
		"Handoff": func() (lease.Lease, error) { return f.a.Handoff(f.ctx, l, "b") },
		"Evict":   func() (lease.Lease, error) { return f.a.Evict(f.ctx, l) },
	}
}

func listMany(f *fixture) {
	const n = 300
	var want []string
	for i := range n {
		owner := "a"
		if i%3 == 0 {
			owner = "b"
		}
		want = append(want, f.owned(fmt.Sprintf("shardId-%012d", i), owner).Key)
	}
	f.must(f.a.PutStats(f.ctx, stats("a")))
	f.must(f.a.AcquireLock(f.ctx, nil, lease.Lock{Owner: "a", Duration: 1e9, Version: "1"}))
	f.must(f.a.SetMigration(f.ctx, nil, lease.Migration{Version: lease.Version3x, ModifiedBy: "a"}))

	all, err := f.b.List(f.ctx)
	f.must(err)
	var keys, theirs []string
	for _, l := range all.Leases {
		keys = append(keys, l.Key)
		if l.Owner == "b" {
			theirs = append(theirs, l.Key)
		}
	}
	if slices.Sort(keys); !slices.Equal(keys, want) {
		f.Errorf("%d keys are listed: %v", len(keys), keys)
	}
	if len(all.Stats) != 1 || all.Unreadable != 0 {
		f.Errorf("%d reports, %d unreadable rows", len(all.Stats), all.Unreadable)
	}
	got, err := f.a.Keys(f.ctx, "b")
	f.must(err)
	slices.Sort(got)
	if slices.Sort(theirs); !slices.Equal(got, theirs) || len(got) != n/3 {
		f.Errorf("%d keys of a worker: %v", len(got), got)
	}
	if got, err := f.a.Keys(f.ctx, "nobody"); err != nil || len(got) > 0 {
		f.Errorf("keys of a worker without leases: %v, %v", got, err)
	}
}

func createShares(f *fixture) {
	l := full()
	want := l.Clone()
	f.create(l)
	l.Parents[0], l.Children[0] = "changed", "changed"
	got, err := f.a.Get(f.ctx, l.Key)
	f.must(err)
	f.same("lease", got, want)
	got.Parents[0], got.Children[0] = "changed", "changed"
	f.expect(want)
	all, err := f.a.List(f.ctx)
	f.must(err)
	all.Leases[0].Parents[0] = "changed"
	f.expect(want)
}
