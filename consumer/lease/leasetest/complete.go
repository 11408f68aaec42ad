package leasetest

import (
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

var completeTests = []test{
	{"children are completed", setChildren},
	{"hash ranges are completed", setHashRange},
	{"a lease can be deleted", deleteLease},
}

func setChildren(f *fixture) {
	l := f.owned("s", "a")
	l.Children = []string{"t", "u"}
	f.must(f.b.SetChildren(f.ctx, "s", l.Children))
	f.expect(l)
	_, err := f.a.Renew(f.ctx, l) // the counter has not moved
	f.must(err)
}

func setHashRange(f *fixture) {
	l := f.owned("s", "a")
	l.HasHashRange, l.HashRange = true, stream.Evenly(3)[1]
	f.must(f.b.SetHashRange(f.ctx, "s", l.HashRange))
	f.expect(l)
	_, err := f.a.Renew(f.ctx, l)
	f.must(err)
}

func deleteLease(f *fixture) {
	f.owned("s", "a")
	f.owned("t", "a")
	f.must(f.b.Delete(f.ctx, "s"))
	_, err := f.a.Get(f.ctx, "s")
	f.is(err, lease.ErrNotFound)
	_, err = f.a.Get(f.ctx, "t")
	f.must(err)
	if keys, err := f.a.Keys(f.ctx, "a"); err != nil || len(keys) != 1 {
		f.Errorf("keys are %v, %v", keys, err)
	}
}
