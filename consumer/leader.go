package consumer

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/leat-io/leat/consumer/lease"
)

// maxFailedRuns is after how many failures in a row a leader lets another one
// try, as in the KCL (spec clients §3.6).
const maxFailedRuns = 3

// leader does what one of the workers does for all of them: it creates the
// leases of new streams, looks for shards without one, and assigns leases. In
// 2.x mode, where workers help themselves, it does that instead of assigning.
// Its owner calls lead again and again.
type leader struct {
	w *Worker

	assigner *lease.Assigner // nil while another worker leads
	failed   int             // how many times in a row
	auditor  auditor

	// In 2.x mode: what was seen of the leases, whether this worker leads, and
	// when that is worked out anew.
	watch  lease.Watch
	leads  bool
	elects time.Time
	rng    *rand.Rand
}

func newLeader(w *Worker) *leader {
	return &leader{w: w, auditor: newAuditor(w), rng: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
}

// lead does once what is due.
func (l *leader) lead(ctx context.Context) {
	w := l.w
	defer func() { w.led.Store(w.o.clock.Now().UnixNano()) }()
	mode, err := lease.Join(ctx, w.leases, w.o.workerID, w.o.mode, w.o.clock.Now())
	if err == nil {
		w.helpsItself.Store(mode == lease.Mode2x)
		if mode == lease.Mode2x {
			l.assigner = nil
			err = l.takeLeases(ctx)
		} else {
			err = l.assignLeases(ctx)
		}
	}
	if err == nil || ctx.Err() != nil {
		l.failed = 0
		return
	}
	if l.failed++; l.failed >= maxFailedRuns {
		l.failed, l.assigner = 0, nil
		err = errors.Join(err, w.election.Release(ctx))
	}
	w.o.logger.Warn("leases could not all be assigned", "err", err)
}

// assignLeases does the leader's duties if this worker is the leader.
func (l *leader) assignLeases(ctx context.Context) error {
	w := l.w
	leads, err := w.election.IsLeader(ctx)
	w.metrics.leads(leads)
	w.leading.Store(leads)
	if !leads || err != nil {
		l.assigner = nil
		return err
	}
	if l.assigner == nil {
		w.o.logger.Info("this worker leads")
		l.assigner, l.auditor = lease.NewAssigner(w.leases, w.o.policy, w.o.clock.Now), newAuditor(w)
	}
	began := w.o.clock.Now()
	err = l.auditor.run(ctx)
	out, failed := l.assigner.Run(ctx)
	w.metrics.assigned(out, w.o.clock.Now().Sub(began), failed)
	if failed == nil {
		w.discover(ctx) // it need not wait for its own leases
	}
	return errors.Join(err, failed)
}

// takeLeases has this worker help itself to its share of the leases, as workers
// of KCL 2.x do.
func (l *leader) takeLeases(ctx context.Context) error {
	w := l.w
	began := w.o.clock.Now()
	all, err := w.leases.List(ctx)
	if err != nil {
		l.watch = lease.Watch{} // who was not seen to renew perhaps did
		return err
	}
	now := w.o.clock.Now()
	if err := l.lead2x(ctx, now, all.Leases); err != nil {
		return err
	}
	if len(all.Leases) == 0 && l.leads {
		// It has just created them, and the next look is far away.
		if all, err = w.leases.List(ctx); err != nil {
			return err
		}
		now = w.o.clock.Now()
	}
	view := l.watch.Observe(now, all)
	for _, row := range all.Leases {
		if row.Owner == w.o.workerID && !row.InHandoff() && w.reserve(row.Key) {
			w.beginWith(ctx, row.Key)
		}
	}
	want := lease.Want(w.o.workerID, view.Leases, w.o.policy, l.rng)
	slow := want.Steal && now.Sub(began) > w.o.policy.RenewInterval()/2
	taken := 0
	for _, row := range want.Leases {
		ok, err := l.take(ctx, row, slow)
		if err != nil {
			return err
		}
		if ok {
			taken++
		}
	}
	w.metrics.took2x(want, taken, len(all.Leases), w.o.clock.Now().Sub(began))
	return nil
}

// take takes one lease, after a second look when the first was long ago. It
// reports whether it could.
func (l *leader) take(ctx context.Context, row lease.Lease, again bool) (bool, error) {
	w := l.w
	if !w.reserve(row.Key) {
		return false, nil
	}
	began := w.o.clock.Now()
	row, err := l.write(ctx, row, again)
	if err == nil {
		return w.adopt(row, began), nil
	}
	w.unreserve(row.Key)
	if errors.Is(err, lease.ErrConflict) || errors.Is(err, lease.ErrNotFound) {
		return false, nil
	}
	return false, err
}

// write makes this worker the owner of a lease.
func (l *leader) write(ctx context.Context, row lease.Lease, again bool) (lease.Lease, error) {
	if again {
		now, err := l.w.leases.Get(ctx, row.Key)
		if err != nil {
			return row, err
		}
		if now.Owner != row.Owner {
			return row, lease.ErrConflict
		}
		row = now
	}
	taken, err := l.w.leases.Take(ctx, row, l.w.o.workerID)
	if err != nil {
		return row, err
	}
	return taken, nil
}

// lead2x looks after the shards of the streams if this worker is the leader in
// 2.x mode.
func (l *leader) lead2x(ctx context.Context, now time.Time, leases []lease.Lease) error {
	if !now.Before(l.elects) {
		l.leads = lease.Leads2x(l.w.o.workerID, leases)
		wait := lease.ElectionInterval2x
		if l.elects.IsZero() {
			wait = lease.FirstElection2x
		}
		l.elects = now.Add(wait)
	}
	l.w.leading.Store(l.leads)
	l.w.metrics.leads(l.leads)
	if !l.leads {
		// Others lead meanwhile, and what was seen before does not count: a stream
		// that was not listed then may have been since.
		l.auditor = newAuditor(l.w)
		return nil
	}
	return l.auditor.run(ctx)
}
