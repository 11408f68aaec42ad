package consumer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/consumer/lease"
)

const (
	// How often a worker tries to begin, and the pause in between, as the KCL.
	maxBeginnings  = 20
	beginningPause = time.Second
	// releaseTime is how long the worker takes at its end to release what its
	// processors would not, and how long these may then take to return.
	releaseTime = 5 * time.Second
)

// Worker is one of the workers of an application. Several may run in one
// process. All methods may be called concurrently.
type Worker struct {
	client  Kinesis
	leases  lease.Store
	factory Factory
	o       settings

	fan      FanOut // nil when polling
	election *lease.Election
	metrics  *metrics
	counts   counters
	cpu      []float64 // what was reported last; owned by begin, then by report

	leading     atomic.Bool  // this worker leads
	led         atomic.Int64 // when it last had done its duties as a leader, in Unix nanoseconds
	helpsItself atomic.Bool  // the application is in 2.x mode

	stop     chan struct{} // closed when the worker is to shut down
	stopOnce sync.Once
	done     chan struct{} // closed when Run has returned

	// life is the context of all the worker does, with the values of Run's; cut
	// ends it, whereupon the worker is gone as if its process had died.
	life context.Context
	cut  context.CancelFunc
	wg   sync.WaitGroup // the goroutines of held

	mu struct {
		sync.Mutex
		started  bool
		stopping bool // nothing more is adopted
		// held are the shards whose leases this worker has, by lease key.
		held map[string]*shardRun
		// reserved are the keys of the leases that somebody is about to take for
		// this worker: were there two, each would know another counter.
		reserved map[string]bool
		// consumers are those of streams that were read, when they are pushed.
		consumers map[StreamID]*registration
		// ended is closed, and replaced, whenever a shard ends.
		ended chan struct{}
	}
}

// New returns a worker of the application whose leases are in the store. It does
// nothing before Run. The options must name a stream.
//
// The client should try a call again a few times by itself, as those of the SDK
// do, and may be shared with others.
func New(client Kinesis, leases lease.Store, processors Factory, options ...Option) (*Worker, error) {
	o, err := gather(options)
	if err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	w := &Worker{
		client: client, leases: leases, factory: processors, o: o,
		election: lease.NewElection(leases, o.workerID, o.election),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	w.metrics = newMetrics(o)
	w.life, w.cut = context.WithCancel(context.Background())
	w.mu.held, w.mu.reserved = map[string]*shardRun{}, map[string]bool{}
	w.mu.ended = make(chan struct{})
	if o.fanOut == "" {
		return w, nil
	}
	var ok bool
	if w.fan, ok = fanOutOf(client); !ok {
		return nil, errors.New("consumer: EnhancedFanOut needs a *kinesis.Client or a FanOut")
	}
	w.mu.consumers = map[StreamID]*registration{}
	return w, nil
}

// ID returns the name of the worker.
func (w *Worker) ID() string { return w.o.workerID }

// Run processes shards until ctx ends or Shutdown is called. Then it has the
// processors shut down in good order, within ShutdownGrace, releases the leases,
// and returns nil. It returns an error when it cannot begin: because a stream
// does not exist, or because Kinesis or the lease store cannot be reached in
// twenty tries. Once it has begun it carries on whatever happens to them.
//
// A processor that does not return from a call when the context of the call ends
// is left behind at the end, and the error says so.
//
// The contexts of all calls, those of the processors included, have the values
// of ctx. Run is called once.
func (w *Worker) Run(ctx context.Context) error {
	w.mu.Lock()
	started := w.mu.started
	w.mu.started = true
	w.mu.Unlock()
	if started {
		return errors.New("consumer: Run was called before")
	}
	defer close(w.done)
	defer w.cut()
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(w.life, end)()
	w.life = life
	begun := make(chan error, 1)
	beginning, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { begun <- w.begin(beginning) }()
	select {
	case err := <-begun:
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("consumer: %w", err)
		}
	case <-w.stop:
		cancel()
		<-begun
		return nil
	case <-w.life.Done():
		cancel()
		<-begun
		return nil
	}
	w.o.logger.Info("worker started")

	w.led.Store(w.o.clock.Now().UnixNano())
	working, rest := context.WithCancel(w.life) // until the worker shuts down
	var loops, heart sync.WaitGroup
	loops.Go(func() { w.every(working, w.o.policy.DiscoverInterval(), w.discover) })
	loops.Go(func() { w.every(working, w.o.policy.AssignInterval(), newLeader(w).lead) })
	loops.Go(func() { w.every(working, w.o.policy.ReportInterval, w.report) })
	loops.Go(func() { w.every(working, w.o.cleanUpEvery, w.cleanUp) })
	beating, faint := context.WithCancel(w.life) // until the last lease is released
	heart.Go(func() { w.heartbeat(beating) })
	heart.Go(func() { w.metrics.run(beating) })

	select {
	case <-ctx.Done():
	case <-w.stop:
	case <-w.life.Done():
	}
	rest()
	loops.Wait()
	err := w.shutDown()
	faint()
	heart.Wait()
	w.o.logger.Info("worker stopped")
	return err
}

// Shutdown has Run shut down in good order, and waits for it. When ctx ends
// before, the worker ends at once, without releasing what it still holds; its
// leases then expire after the failover time. Shutdown returns ctx's error in
// that case.
func (w *Worker) Shutdown(ctx context.Context) error {
	w.stopOnce.Do(func() { close(w.stop) })
	w.mu.Lock()
	started := w.mu.started
	w.mu.Unlock()
	if !started {
		return nil
	}
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		w.cut()
		return ctx.Err()
	}
}

// begin makes sure that the lease store and the streams are there, and tells the
// others that this worker is.
func (w *Worker) begin(ctx context.Context) error {
	for try := 1; ; try++ {
		err := w.beginOnce(ctx)
		if err == nil || ctx.Err() != nil || isNotFound(err) || try == maxBeginnings {
			return err
		}
		w.o.logger.Warn("cannot begin yet", "try", try, "err", err)
		if err := sleep(ctx, w.o.clock, beginningPause); err != nil {
			return err
		}
	}
}

func (w *Worker) beginOnce(ctx context.Context) error {
	if err := w.leases.Open(ctx); err != nil {
		return fmt.Errorf("open the lease store: %w", err)
	}
	if w.o.list != nil {
		if _, err := w.listStreams(ctx); err != nil {
			return err
		}
	}
	for _, s := range w.o.sources {
		_, err := listShards(ctx, w.client, s, w.o.initial.filter())
		if isNotFound(err) && w.o.multi {
			w.o.logger.Warn("one of the streams does not exist", "stream", s.name)
		} else if err != nil {
			return err
		}
	}
	return w.putStats(ctx)
}

// every calls do at once and then again interval after it returned, until ctx
// ends.
func (w *Worker) every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	for ctx.Err() == nil {
		do(ctx)
		if sleep(ctx, w.o.clock, interval) != nil {
			return
		}
	}
}

// reader returns what reads a shard, and how many pages it may read ahead.
func (w *Worker) reader(s *shardRun, row lease.Lease) (read func(context.Context, *queue), maxPages int) {
	at := cursorAt(row.Checkpoint, w.o.initial)
	if row.Checkpoint == lease.Latest && s.first != nil {
		at = cursor{kind: types.ShardIteratorTypeAtSequenceNumber, sequence: s.first}
	}
	if w.fan != nil {
		sub := &subscriber{
			client: w.client, registration: w.consumerOf(s.source), clock: w.o.clock,
			source: s.source, shard: row.ShardID(), events: s.events, at: at,
		}
		return sub.run, maxFanOutPages
	}
	p := &poller{
		client: w.client, clock: w.o.clock, source: s.source, shard: row.ShardID(),
		limit: int32(w.o.maxRecords), idle: w.o.idle, events: s.events, at: at,
	}
	return p.run, maxQueuedPages
}
