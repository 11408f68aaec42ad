package consumer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat/consumer/lease"
)

// TestStoreDown has the lease store fail for a minute, six times the failover
// time, while records are put. Nobody can take a lease meanwhile, so nothing is
// seen twice.
func TestStoreDown(t *testing.T) {
	bubble(t, 4, func(r *rig) {
		store := trouble(r.leases)
		r.leases = store
		one, two := r.start("one", nil), r.start("two", nil)
		for range 150 {
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		r.allSeen()
		store.setDown(true)
		for range 60 {
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		before := one.Counts().Records + two.Counts().Records
		r.putRecords(20)
		time.Sleep(5 * time.Second)
		if after := one.Counts().Records + two.Counts().Records; after != before {
			t.Errorf("%d records processed though no lease could be relied on", after-before)
		}
		store.setDown(false)
		r.allSeen()
		one.stopped()
		two.stopped()
		r.seen.check(t, 0)
	})
}

// TestLostAnswers has writes to the lease store happen whose answers are lost.
func TestLostAnswers(t *testing.T) {
	bubble(t, 4, func(r *rig) {
		store := trouble(r.leases)
		r.leases = store
		w := r.start("one", nil)
		for i := range 100 {
			if i%5 == 0 {
				store.lose([]string{"Renew", "Update"}[i/5%2], 1+i%3)
			}
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		r.allSeen()
		if n := w.Counts().LeasesLost; n != 0 {
			t.Errorf("%d leases lost", n)
		}
		w.stopped()
		r.seen.check(t, 0)
	})
}

// TestReadTrouble has reads be throttled, fail and meet expired iterators.
func TestReadTrouble(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		w := r.start("one", nil)
		for i := range 60 {
			switch i % 6 {
			case 1:
				r.fail("GetRecords", 5, func() error {
					return &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException", Message: "Rate exceeded"}
				})
			case 3:
				r.fail("GetRecords", 2, func() error {
					return &smithy.GenericAPIError{Code: "ExpiredIteratorException", Message: "Iterator expired."}
				})
				r.fail("GetShardIterator", 1, func() error { return errTransient })
			case 5:
				r.fail("GetRecords", 3, func() error { return errTransient })
			}
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
		if c := w.Counts(); c.Throttled != 50 || c.ExpiredIterators != 20 || c.FailedReads < 80 {
			t.Errorf("counted %+v", c)
		}
	})
}

// TestEveryIteratorExpires has no iterator live long enough to be used: the
// worker asks for one after another, but not without end.
func TestEveryIteratorExpires(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		w := r.start("one", nil)
		r.until("a lease held", func() bool { return w.Counts().Leases == 1 })
		r.putRecords(10)
		began, reads := time.Now(), 0
		r.fail("GetRecords", 1000, func() error {
			if time.Since(began) > time.Minute {
				return nil
			}
			reads++
			return &smithy.GenericAPIError{Code: "ExpiredIteratorException", Message: "Iterator expired."}
		})
		time.Sleep(2 * time.Minute)
		r.allSeen()
		w.stopped()
		if reads < 5 || reads > 30 {
			t.Errorf("%d reads in a minute", reads)
		}
	})
}

// TestLatestExpires has the first iterator of a shard that is begun with at
// LATEST expire: what is put meanwhile must not be passed over.
func TestLatestExpires(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		r.putRecords(10)
		time.Sleep(time.Minute)
		r.puts = map[string]int{}
		w := r.start("one", nil, From(FromLatest()))
		r.until("a lease held", func() bool { return w.Counts().Leases == 1 })
		r.fail("GetRecords", 1, func() error {
			r.putRecords(10)
			return &smithy.GenericAPIError{Code: "ExpiredIteratorException", Message: "Iterator expired."}
		})
		time.Sleep(10 * time.Second)
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
		if n := w.Counts().Records; n != 10 {
			t.Errorf("%d records, not the 10 put after the beginning", n)
		}
	})
}

// TestRestartAtLatest replaces a processor before its first checkpoint on a shard
// that was begun with at LATEST: the next one gets what that one got.
func TestRestartAtLatest(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		restarts := 0
		w := r.start("one", Func(func(ctx context.Context, b *Batch) error {
			if restarts < 3 {
				restarts++
				return ErrRestart
			}
			return r.seen.process(ctx, b)
		}), From(FromLatest()))
		r.until("a lease held", func() bool { return w.Counts().Leases == 1 })
		time.Sleep(10 * time.Second) // until it reads
		r.putRecords(10)
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
	})
}

// TestRenewalInDoubt has the answer to a renewal be lost that was carried out.
// Other workers count the failover time from there, and so must the worker.
func TestRenewalInDoubt(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		store := trouble(r.leases)
		row := lease.New("", "shardId-000000000000", lease.TrimHorizon)
		row.Owner = "one"
		if _, err := store.Create(r.ctx, row); err != nil {
			t.Fatal(err)
		}
		w, err := New(r.client(), store, Func(r.seen.process), Stream("orders"), WorkerID("one"))
		if err != nil {
			t.Fatal(err)
		}
		defer w.cut()
		h := hold(w.life, w, row, time.Now())
		for _, method := range []string{"Renew", "Update"} {
			write := func() error {
				if method == "Renew" {
					_, err := h.renew(r.ctx, -1)
					return err
				}
				return h.update(r.ctx, func(l lease.Lease) lease.Lease { return l })
			}
			store.lose(method, 1)
			carriedOut := time.Now()
			if write() == nil {
				t.Fatal("the answer was not lost")
			}
			time.Sleep(3 * time.Second)
			if _, err := h.renew(r.ctx, -1); err != nil {
				t.Fatal(err)
			}
			if until, want := h.validUntil(), carriedOut.Add(h.duration); until.After(want) {
				t.Errorf("%s: the lease is relied on for %v too long", method, until.Sub(want))
			}
			if err := write(); err != nil {
				t.Fatal(err)
			}
			if until, want := h.validUntil(), time.Now().Add(h.duration); !until.Equal(want) {
				t.Errorf("%s: the lease is good until %v after its renewal, not %v", method, until, want)
			}
		}
	})
}

// TestProcessorFails has a processor return errors and panic: its batch comes
// again, without what it checkpointed, and nothing is lost.
func TestProcessorFails(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		calls := 0
		var seen []string
		w := r.start("one", Func(func(ctx context.Context, b *Batch) error {
			calls++
			seen = append(seen, string(b.Records[0].Data))
			switch calls {
			case 1:
				return errTransient
			case 2:
				panic("out of order")
			case 3:
				if err := b.Checkpointer.CheckpointRecord(ctx, &b.Records[0]); err != nil {
					t.Error(err)
				}
				return errTransient
			}
			return r.seen.process(ctx, b)
		}))
		r.puts["key 0"] = 7
		r.putRecords(1)
		r.putRecords(1)
		r.seen.values["key 0"] = []int{7} // the one that is checkpointed
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
		if want := []string{"7", "7", "7", "8"}; !slices.Equal(seen, want) {
			t.Errorf("delivered %v, want %v", seen, want)
		}
		if c := w.Counts(); c.FailedBatches != 3 || c.Batches != 4 {
			t.Errorf("counted %+v", c)
		}
	})
}

// TestFailedBatchIsNotCheckpointed shuts down while a batch fails again and
// again: the next worker gets it.
func TestFailedBatchIsNotCheckpointed(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		w := r.start("one", Func(func(ctx context.Context, b *Batch) error {
			if string(b.Records[0].Data) == "1" {
				return errTransient
			}
			return r.seen.process(ctx, b)
		}))
		r.putRecords(1)
		r.allSeen()
		r.putRecords(1)
		r.until("a failure", func() bool { return w.Counts().FailedBatches > 3 })
		w.stopped()
		again := r.start("two", nil)
		r.allSeen()
		again.stopped()
		r.seen.check(t, 0)
	})
}

// TestSkipFailedBatches does as the KCL does.
func TestSkipFailedBatches(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		var seen []string
		w := r.start("one", Func(func(_ context.Context, b *Batch) error {
			for _, rec := range b.Records {
				seen = append(seen, string(rec.Data))
			}
			if string(b.Records[0].Data) == "1" {
				panic("a bad record")
			}
			return nil
		}), SkipFailedBatches())
		for range 3 {
			r.putRecords(1)
			time.Sleep(5 * time.Second)
		}
		w.stopped()
		if want := []string{"0", "1", "2"}; !slices.Equal(seen, want) {
			t.Errorf("delivered %v, want %v", seen, want)
		}
	})
}

// blocker is a processor whose ProcessRecords does not return for one shard.
type blocker struct {
	Processor
	shard   string
	entered chan struct{}
	release chan struct{}
	once    *sync.Once
	obeys   bool // returns when its context ends
}

func (b *blocker) ProcessRecords(ctx context.Context, batch *Batch) error {
	if batch.Shard.ShardID != b.shard {
		return b.Processor.ProcessRecords(ctx, batch)
	}
	b.once.Do(func() { close(b.entered) })
	if b.obeys {
		<-ctx.Done()
		return ctx.Err()
	}
	<-b.release
	return errTransient
}

// blocking returns a factory of blockers over the rig's trail.
func (r *rig) blocking(shard string, obeys bool) (*blocker, Factory) {
	b := &blocker{shard: shard, entered: make(chan struct{}), release: make(chan struct{}), once: new(sync.Once), obeys: obeys}
	return b, func(s ShardInfo) Processor {
		mine := *b
		mine.Processor = Func(r.seen.process)(s)
		return &mine
	}
}

// TestBlockedProcessor has one processor not return: the other shards go on, the
// lease is kept, and the worker leaves it behind when it stops.
func TestBlockedProcessor(t *testing.T) {
	bubble(t, 4, func(r *rig) {
		b, factory := r.blocking("shardId-000000000000", false)
		w := r.start("one", factory)
		for range 60 {
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		<-b.entered
		others := w.Counts().Records
		if others == 0 {
			t.Error("the other shards wait too")
		}
		time.Sleep(5 * time.Minute)
		if c := w.Counts(); c.LeasesLost != 0 || c.Leases != 4 {
			t.Errorf("the blocked shard's lease was not kept: %+v", c)
		}
		w.stop()
		if err := <-w.done; err == nil {
			t.Error("a worker that left a processor behind says nothing")
		}
		close(b.release)
		synctest.Wait()

		again := r.start("two", nil) // from the last checkpoint
		r.allSeen()
		again.stopped()
		r.seen.check(t, 0)
	})
}

// TestContextEndsWithLease has a processor wait for its context, which has to
// end before another worker can have the lease, whether the lease store fails or
// does not answer.
func TestContextEndsWithLease(t *testing.T) {
	for name, fails := range map[string]func(*troubledStore, bool){
		"down": (*troubledStore).setDown, "hangs": (*troubledStore).setHangs,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, func(r *rig) {
				store := trouble(r.leases)
				b, factory := r.blocking("shardId-000000000000", true)
				w := r.startOn(store, "one", factory)
				r.putRecords(5)
				<-b.entered
				began := time.Now()
				fails(store, true) // for this worker alone
				r.until("the batch given up", func() bool { return w.Counts().FailedBatches > 0 })
				if after := time.Since(began); after > 10*time.Second {
					t.Errorf("the context ended %v after the last renewal could have happened", after)
				}
				two := r.start("two", nil)
				r.allSeen()
				fails(store, false)
				r.until("the lease lost", func() bool { return w.Counts().LeasesLost == 1 })
				w.stopped()
				two.stopped()
				r.seen.check(t, 0)
			})
		})
	}
}

// TestHandoffTimeout moves a shard whose processor does not give it up.
func TestHandoffTimeout(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		b, factory := r.blocking("shardId-000000000000", true)
		one := r.start("one", factory, Policy(lease.Policy{Strategy: lease.ByCount}))
		r.putRecords(20)
		<-b.entered
		two := r.start("two", factory, Policy(lease.Policy{Strategy: lease.ByCount}))
		r.until("the leases spread", func() bool { return one.Counts().Leases == 1 && two.Counts().Leases == 1 })
		one.stopped()
		two.stopped()
	})
}

// TestBeginning has a worker begin with a store and a Kinesis that are not there
// yet, and not begin without its stream.
func TestBeginning(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		r.fail("ListShards", 5, func() error { return errTransient })
		w := r.start("one", nil)
		r.putRecords(5)
		r.allSeen()
		w.stopped()

		r.fail("ListShards", maxBeginnings, func() error { return errTransient })
		w = r.start("two", nil)
		if err := <-w.done; !errors.Is(err, errTransient) {
			t.Errorf("Kinesis that cannot be reached: %v", err)
		}
		if _, err := r.Service.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("orders")}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		w = r.start("three", nil)
		if err := <-w.done; !isNotFound(err) {
			t.Errorf("no stream: %v", err)
		}
	})
}

// TestSkipIsForFailures has the lease store be down while a batch is under way:
// that the processor gave up is not a reason to skip it.
func TestSkipIsForFailures(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		store := trouble(r.leases)
		calls := 0
		w := r.startOn(store, "one", Func(func(ctx context.Context, b *Batch) error {
			if calls++; calls == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return r.seen.process(ctx, b)
		}), SkipFailedBatches())
		r.putRecords(5)
		r.until("the batch begun", func() bool { return w.Counts().Reads > 0 })
		store.setDown(true)
		time.Sleep(30 * time.Second)
		store.setDown(false)
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
	})
}

// restarter is a processor that wants to be replaced once.
type restarter struct {
	Processor
	once *sync.Once
}

func (p restarter) ProcessRecords(ctx context.Context, b *Batch) (err error) {
	if string(b.Records[0].Data) == "2" {
		p.once.Do(func() { err = ErrRestart })
	}
	if err == nil {
		err = p.Processor.ProcessRecords(ctx, b)
	}
	return err
}

// TestRestart has a processor be replaced that has kept records in mind: they
// come again, from the last checkpoint on.
func TestRestart(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		made, once := 0, new(sync.Once)
		w := r.start("one", func(ShardInfo) Processor {
			made++
			return restarter{Processor: uncheckpointed{r.seen}, once: once}
		})
		for range 4 {
			r.putRecords(1)
			time.Sleep(5 * time.Second)
		}
		r.allSeen()
		w.stopped()
		if made != 2 {
			t.Errorf("%d processors", made)
		}
		r.seen.check(t, 2)
		if r.seen.repeat != 2 {
			t.Errorf("%d records came again, not the 2 before the restart", r.seen.repeat)
		}
	})
}

// uncheckpointed notes what it sees and makes no checkpoint.
type uncheckpointed struct{ seen *trail }

func (uncheckpointed) Initialize(context.Context, ShardInfo) error { return nil }

func (p uncheckpointed) ProcessRecords(ctx context.Context, b *Batch) error {
	return p.seen.process(ctx, b)
}

func (uncheckpointed) LeaseLost(context.Context) {}

func (uncheckpointed) ShardEnded(context.Context, *Checkpointer) error { return nil }

func (uncheckpointed) ShutdownRequested(context.Context, *Checkpointer) error { return nil }

// skewedClock is an hour or so off.
type skewedClock time.Duration

func (c skewedClock) Now() time.Time { return time.Now().Add(time.Duration(c)) }

func (skewedClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// TestClockSkew has workers whose clocks are hours apart share a stream and take
// over from each other.
func TestClockSkew(t *testing.T) {
	bubble(t, 4, func(r *rig) {
		ahead := r.start("ahead", nil, WithClock(skewedClock(3*time.Hour)))
		behind := r.start("behind", nil, WithClock(skewedClock(-3*time.Hour)))
		for range 300 {
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		r.allSeen()
		r.seen.check(t, 0)
		if ahead.Counts().LeasesLost+behind.Counts().LeasesLost != 0 {
			t.Error("leases were lost")
		}
		if ahead.Counts().Leases == 0 || behind.Counts().Leases == 0 {
			t.Errorf("not shared: %d and %d", ahead.Counts().Leases, behind.Counts().Leases)
		}
		ahead.killed()
		r.putRecords(20)
		r.allSeen()
		behind.stopped()
		r.seen.check(t, 20)
	})
}
