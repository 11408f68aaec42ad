package consumer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/consumer/lease"
)

const (
	// maxDuty is how long a leader may take for its duties, with the pause before
	// them, before it lets leadership lapse: while a store does not answer it
	// must not keep others from them.
	maxDuty = 2 * time.Minute
	// maxRenewals is how many leases are renewed at a time, as in the KCL.
	maxRenewals = 20
	// throughputWeight is that of the newest value in the running average of a
	// shard's throughput.
	throughputWeight = 0.5
	// maxCPU is the percentage up to which processors may be used, and
	// maxReported how many values a report has at most, both the KCL's.
	maxCPU      = 100
	maxReported = 10
)

// heartbeat renews all leases, three times in each failover time, and looks
// after the processors meanwhile. It never waits for the store: that would keep
// it from ending calls whose leases run out.
func (w *Worker) heartbeat(ctx context.Context) {
	interval := w.o.policy.RenewInterval()
	round := make(chan struct{}) // closed when the renewals under way are done
	close(round)
	defer func() { <-round }()
	var load loads
	for {
		now := w.o.clock.Now()
		for _, s := range w.runs() {
			s.watch(now, now.Add(interval))
		}
		select {
		case <-round:
			round = make(chan struct{})
			go func(done chan<- struct{}) {
				defer close(done)
				w.renewAll(ctx, now, &load)
			}(round)
		default: // the store is slow
		}
		if sleep(ctx, w.o.clock, interval) != nil {
			return
		}
	}
}

// renewAll renews the leases that are held.
func (w *Worker) renewAll(ctx context.Context, now time.Time, load *loads) {
	var group errgroup.Group
	group.SetLimit(maxRenewals)
	runs := w.runs()
	rates := load.measure(now, runs)
	for _, s := range runs {
		group.Go(func() error {
			w.renew(ctx, now, s, rates[s.holding])
			return nil
		})
	}
	_ = group.Wait()
	w.metrics.renewed(len(runs), w.o.clock.Now().Sub(now))
}

// renew renews one lease, at the throughput in KB/s, and finds out what has
// become of it.
func (w *Worker) renew(ctx context.Context, now time.Time, s *shardRun, rate float64) {
	if s.askedFor(now) > w.o.policy.HandoffTimeout && s.holding.row().InHandoff() && !s.holding.isLost() {
		// The processor has had its time: the next owner is waiting.
		if err := s.release(ctx); err != nil && ctx.Err() == nil {
			s.logger.Warn("the lease could not be handed over", "err", err)
		}
	}
	row, err := s.holding.renew(ctx, rate)
	switch {
	case err == nil && row.InHandoff():
		s.logger.Info("handing the lease over", "to", row.Owner)
		s.ask()
	case errors.Is(err, ErrLeaseLost), errors.Is(err, lease.ErrNotFound):
		switch {
		case s.hasEnded(): // there was nothing left to lose; leaders move such leases unasked
			w.drop(s)
		case !s.holding.isReleased():
			w.counts.leasesLost.Add(1)
			w.metrics.leaseLost()
			s.logger.Warn("lease lost", "err", err)
		}
	case err != nil && ctx.Err() == nil:
		s.logger.Warn("lease not renewed", "err", err)
	}
}

// loads keeps the running averages of the throughputs of shards. It belongs to
// one goroutine at a time.
type loads struct {
	at     time.Time
	shards map[*holding]load
}

// load is how much a shard had delivered when it was looked at, and its running
// average in KB/s.
type load struct {
	bytes int64
	rate  float64
}

// measure returns the throughputs of shards in KB/s; -1 of those that are new.
func (l *loads) measure(now time.Time, runs []*shardRun) map[*holding]float64 {
	seconds := now.Sub(l.at).Seconds()
	next := make(map[*holding]load, len(runs))
	rates := make(map[*holding]float64, len(runs))
	for _, s := range runs {
		bytes := s.bytes.Load()
		before, known := l.shards[s.holding]
		rate := -1.0
		if known && seconds > 0 {
			rate = float64(bytes-before.bytes) / 1024 / seconds
			if before.rate >= 0 {
				rate = throughputWeight*rate + (1-throughputWeight)*before.rate
			}
		}
		next[s.holding], rates[s.holding] = load{bytes, rate}, rate
	}
	l.at, l.shards = now, next
	return rates
}

// report tells the leader that this worker is there, and keeps leadership.
func (w *Worker) report(ctx context.Context) {
	if err := w.putStats(ctx); err != nil && ctx.Err() == nil {
		w.o.logger.Warn("cannot tell the leader that this worker is there", "err", err)
	}
	if w.o.clock.Now().Sub(time.Unix(0, w.led.Load())) > maxDuty {
		w.o.logger.Warn("leading takes too long; another worker may do better")
		return
	}
	if err := w.election.Heartbeat(ctx); err != nil && ctx.Err() == nil {
		w.o.logger.Warn("leadership not renewed", "err", err)
	}
}

// putStats stores the worker's report.
func (w *Worker) putStats(ctx context.Context) error {
	now := w.o.clock.Now()
	stats := lease.WorkerStats{
		Worker: w.o.workerID, Updated: now, SupportCode: lease.SingleTable, SupportUpdated: now,
	}
	if w.o.cpu != nil {
		stats.Metrics = map[string][]float64{lease.MetricCPU: w.nextCPU()}
		stats.OperatingRange = map[string][]int64{lease.MetricCPU: {maxCPU}}
	}
	err := w.leases.PutStats(ctx, stats)
	w.metrics.reported(w.o.clock.Now().Sub(now), err)
	return err
}

// nextCPU measures how busy the processors were since the last report, and
// returns what it was in the last reports, oldest first.
func (w *Worker) nextCPU() []float64 {
	percent, err := w.o.cpu()
	if err == nil && !(percent >= 0) { // nor a number, perhaps
		err = fmt.Errorf("%v is no percentage", percent)
	}
	if err != nil {
		w.o.logger.Warn("the use of processors cannot be measured; the leader gives no leases meanwhile", "err", err)
		w.metrics.notMeasured()
		percent = lease.NotCaptured
	}
	w.cpu = append(w.cpu, math.Round(min(percent, maxCPU)*1e6)/1e6) // six decimals, as the KCL
	w.cpu = w.cpu[max(0, len(w.cpu)-maxReported):]
	return slices.Clone(w.cpu)
}
