package leasetest

import (
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

var holdTests = []test{
	{"a renewal moves the counter by one", renew},
	{"a renewal stores the throughput", renewThroughput},
	{"a renewal expects the counter", renewStale},
	{"a renewal notices a hand-off, which an update does not", renewHandedOver},
	{"a holder goes on while it hands over", renewWhileHandingOver},
	{"the answer to a renewal may be lost", renewLostAnswer},
	{"a lost lease is lost", renewLost},
	{"a checkpoint is stored", update},
	{"a checkpoint can be prepared", prepare},
	{"an update completes a lease", updateCompletes},
	{"an update expects the counter", updateStale},
	{"the answer to an update may be lost", updateLostAnswer},
	{"an update of another's is a lost lease", updateLost},
}

func renew(f *fixture) {
	l := f.owned("s", "a")
	for range 3 {
		now, err := f.a.Renew(f.ctx, l)
		f.must(err)
		if now.Counter != l.Counter+1 {
			f.Fatalf("counter is %d after %d", now.Counter, l.Counter)
		}
		l = now
		f.expect(l)
	}
}

func renewThroughput(f *fixture) {
	l := f.owned("s", "a")
	l.HasThroughput, l.Throughput = true, 1234.5
	l, err := f.a.Renew(f.ctx, l)
	f.must(err)
	f.expect(l)
	silent := l
	silent.HasThroughput, silent.Throughput = false, 0
	_, err = f.a.Renew(f.ctx, silent)
	f.must(err)
	l.Counter++
	f.expect(l)
}

func renewStale(f *fixture) {
	l := f.owned("s", "a")
	now, err := f.b.Renew(f.ctx, l)
	f.must(err)
	_, err = f.a.Renew(f.ctx, l)
	f.conflict(err, &now)
	f.expect(now)
}

func renewHandedOver(f *fixture) {
	l := f.owned("s", "a")
	now, err := f.b.Handoff(f.ctx, l, "b")
	f.must(err)
	_, err = f.a.Renew(f.ctx, l)
	f.conflict(err, &now)
	l, err = f.a.Update(f.ctx, l.Checkpointed(lease.Checkpoint{Sequence: "5"}))
	f.must(err)
	now.Counter, now.Checkpoint = l.Counter, l.Checkpoint
	f.expect(now)

	l, err = lease.Renew(f.ctx, f.a, "a", l)
	f.must(err)
	now.Counter++
	f.same("renewed lease", l, now)
	f.expect(now)
}

func renewWhileHandingOver(f *fixture) {
	l := f.handedOver("s", "a", "b")
	l, err := f.a.Renew(f.ctx, l)
	f.must(err)
	l, err = f.a.Update(f.ctx, l.Checkpointed(lease.Checkpoint{Sequence: "6"}))
	f.must(err)
	f.expect(l)
	_, err = lease.Renew(f.ctx, f.b, "b", l)
	f.must(err) // the counter is right: who renews is the worker's affair
}

func renewLostAnswer(f *fixture) {
	l := f.owned("s", "a")
	want, err := f.a.Renew(f.ctx, l) // the worker never hears of it
	f.must(err)
	got, err := lease.Renew(f.ctx, f.a, "a", l)
	f.must(err)
	f.same("renewed lease", got, want)

	// The same while a hand-off begins.
	if _, err = f.b.Handoff(f.ctx, want, "b"); err != nil {
		f.Fatal(err)
	}
	if got, err = lease.Renew(f.ctx, f.a, "a", l); err != nil || got.CheckpointOwner != "a" || got.Counter != want.Counter {
		f.Errorf("renewed lease is %+v, %v", got, err)
	}
}

func renewLost(f *fixture) {
	l := f.owned("s", "a")
	_, err := f.b.Assign(f.ctx, l, "b")
	f.must(err)
	_, err = lease.Renew(f.ctx, f.a, "a", l)
	f.is(err, lease.ErrLost)
	f.must(f.b.Delete(f.ctx, "s"))
	_, err = lease.Renew(f.ctx, f.a, "a", l)
	f.is(err, lease.ErrLost)
}

func update(f *fixture) {
	l := f.owned("s", "a")
	l.OwnerSwitches = 5
	for _, at := range []lease.Checkpoint{{Sequence: "17", SubSequence: 3}, {Sequence: "18"}, lease.ShardEnd} {
		now, err := f.a.Update(f.ctx, l.Checkpointed(at))
		f.must(err)
		if now.Checkpoint != at || now.OwnerSwitches != 0 || now.Counter != l.Counter+1 {
			f.Fatalf("lease is %+v", now)
		}
		l = now
		f.expect(l)
	}
	if !l.Ended() {
		f.Error("the shard has not ended")
	}
}

func prepare(f *fixture) {
	l := f.owned("s", "a")
	l, err := f.a.Update(f.ctx, l.Prepared(lease.Checkpoint{Sequence: "9", SubSequence: 1}, []byte{0, 255}))
	f.must(err)
	f.expect(l)
	l, err = f.a.Update(f.ctx, l.Prepared(lease.Checkpoint{Sequence: "10"}, nil))
	f.must(err)
	f.expect(l)
	l, err = f.a.Update(f.ctx, l.Checkpointed(l.Pending))
	f.must(err)
	if !l.Pending.IsZero() || l.Checkpoint.Sequence != "10" {
		f.Errorf("lease is %+v", l)
	}
	f.expect(l)
}

func updateCompletes(f *fixture) {
	l := f.owned("s", "a")
	l.Children = []string{"t", "u"}
	l.HasHashRange, l.HashRange = true, stream.HashKeyRange{Start: stream.HashKey{Hi: 1}, End: stream.MaxHashKey}
	l, err := f.a.Update(f.ctx, l)
	f.must(err)
	f.expect(l)
	ignorant := l
	ignorant.Children, ignorant.HasHashRange = nil, false
	_, err = f.a.Update(f.ctx, ignorant)
	f.must(err)
	l.Counter++
	f.expect(l)
}

func updateStale(f *fixture) {
	l := f.owned("s", "a")
	now, err := f.a.Renew(f.ctx, l)
	f.must(err)
	_, err = f.a.Update(f.ctx, l.Checkpointed(lease.Checkpoint{Sequence: "1"}))
	f.conflict(err, &now)
	f.expect(now)
}

func updateLostAnswer(f *fixture) {
	l := f.owned("s", "a").Checkpointed(lease.Checkpoint{Sequence: "1"})
	want, err := f.a.Update(f.ctx, l)
	f.must(err)
	got, err := lease.Update(f.ctx, f.a, "a", l)
	f.must(err)
	f.same("updated lease", got, want)
}

func updateLost(f *fixture) {
	l := f.owned("s", "a")
	_, err := f.b.Take(f.ctx, l, "b")
	f.must(err)
	_, err = lease.Update(f.ctx, f.a, "a", l.Checkpointed(lease.Checkpoint{Sequence: "1"}))
	f.is(err, lease.ErrLost)
	if now, err := f.a.Get(f.ctx, "s"); err != nil || now.Checkpoint != lease.TrimHorizon {
		f.Errorf("lease is %+v, %v", now, err)
	}
}
