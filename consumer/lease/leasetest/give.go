package leasetest

import "github.com/leat-io/leat/consumer/lease"

var giveTests = []test{
	{"a lease can be taken", take},
	{"taking expects the counter", takeStale},
	{"a lease can be assigned", assign},
	{"an assignment does not mind renewals", assignRenewed},
	{"an assignment expects the owners", assignStale},
	{"a lease can be handed over", handoff},
	{"a hand-off expects the owner, and no hand-off", handoffStale},
	{"a worker can give a lease back", evict},
	{"giving back expects the owners", evictStale},
}

func take(f *fixture) {
	l := f.create(lease.New("", "s", lease.Latest))
	l, err := f.a.Take(f.ctx, l, "a")
	f.must(err)
	if l.Owner != "a" || l.Counter != 1 || l.OwnerSwitches != 0 {
		f.Fatalf("lease is %+v", l)
	}
	f.expect(l)
	l, err = f.b.Take(f.ctx, l, "b")
	f.must(err)
	if l.Owner != "b" || l.Counter != 2 || l.OwnerSwitches != 1 {
		f.Fatalf("lease is %+v", l)
	}
	f.expect(l)
	l, err = f.a.Take(f.ctx, f.handedOver("t", "a", "b"), "c")
	f.must(err)
	if l.Owner != "c" || l.InHandoff() || l.OwnerSwitches != 1 {
		f.Fatalf("lease is %+v", l)
	}
	f.expect(l)
}

func takeStale(f *fixture) {
	l := f.owned("s", "a")
	now, err := f.a.Renew(f.ctx, l)
	f.must(err)
	_, err = f.b.Take(f.ctx, l, "b")
	f.conflict(err, &now)
	f.expect(now)
}

func assign(f *fixture) {
	l := f.create(lease.New("", "s", lease.Latest))
	l, err := f.a.Assign(f.ctx, l, "a")
	f.must(err)
	if l.Owner != "a" || l.Counter != 1 || l.OwnerSwitches != 0 {
		f.Fatalf("lease is %+v", l)
	}
	f.expect(l)
	l, err = f.a.Assign(f.ctx, l, "b")
	f.must(err)
	if l.Owner != "b" || l.Counter != 2 || l.OwnerSwitches != 1 {
		f.Fatalf("lease is %+v", l)
	}
	f.expect(l)
}

func assignRenewed(f *fixture) {
	l := f.owned("s", "a")
	renewed, err := f.a.Renew(f.ctx, l)
	f.must(err)
	now, err := f.b.Assign(f.ctx, l, "b")
	f.must(err)
	if now.Owner != "b" || now.Counter != renewed.Counter+1 {
		f.Fatalf("lease is %+v", now)
	}
	f.expect(now)
}

func assignStale(f *fixture) {
	l := f.owned("s", "a")
	unowned := l
	unowned.Owner = ""
	_, err := f.b.Assign(f.ctx, unowned, "b")
	f.conflict(err, &l)
	now, err := f.b.Handoff(f.ctx, l, "b")
	f.must(err)
	_, err = f.b.Assign(f.ctx, l, "b")
	f.conflict(err, &now)
	f.expect(now)
}

func handoff(f *fixture) {
	l := f.owned("s", "a")
	now, err := f.b.Handoff(f.ctx, l, "b")
	f.must(err)
	if now.Owner != "b" || now.CheckpointOwner != "a" || now.Counter != l.Counter || now.Holder() != "a" {
		f.Fatalf("lease is %+v", now)
	}
	f.expect(now)
	if keys, err := f.b.Keys(f.ctx, "b"); err != nil || len(keys) != 1 {
		f.Errorf("keys of the next owner: %v, %v", keys, err)
	}
	done, err := f.a.Assign(f.ctx, now, now.Owner)
	f.must(err)
	if done.Owner != "b" || done.InHandoff() || done.Counter != l.Counter+1 || done.OwnerSwitches != 1 {
		f.Fatalf("lease is %+v", done)
	}
	f.expect(done)
}

func handoffStale(f *fixture) {
	l := f.create(lease.New("", "s", lease.Latest))
	_, err := f.a.Handoff(f.ctx, l, "b")
	f.conflict(err, &l)
	other := f.owned("t", "c")
	mistaken := other
	mistaken.Owner = "a"
	_, err = f.a.Handoff(f.ctx, mistaken, "b")
	f.conflict(err, &other)
	now, err := f.a.Handoff(f.ctx, other, "b")
	f.must(err)
	again := now
	again.Owner = "c"
	_, err = f.a.Handoff(f.ctx, now, "d")
	f.conflict(err, &now)
	_, err = f.a.Handoff(f.ctx, again, "d")
	f.conflict(err, &now)
	f.expect(now)
}

func evict(f *fixture) {
	l := f.owned("s", "a")
	now, err := f.a.Evict(f.ctx, l)
	f.must(err)
	if now.Owner != "" || now.Counter != l.Counter+1 {
		f.Fatalf("lease is %+v", now)
	}
	f.expect(now)
	if keys, err := f.b.Keys(f.ctx, "a"); err != nil || len(keys) != 0 {
		f.Errorf("keys of the worker: %v, %v", keys, err)
	}
	now, err = f.a.Evict(f.ctx, f.handedOver("t", "a", "b"))
	f.must(err)
	if now.Owner != "b" || now.InHandoff() {
		f.Fatalf("lease is %+v", now)
	}
	f.expect(now)
}

func evictStale(f *fixture) {
	l := f.owned("s", "a")
	now, err := f.b.Assign(f.ctx, l, "b")
	f.must(err)
	_, err = f.a.Evict(f.ctx, l)
	f.conflict(err, &now)
	f.expect(now)
}
