package consumer

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// TestCallsThatHang has calls get no answer: they are given up and made again.
func TestCallsThatHang(t *testing.T) {
	hang := func() error { return errHang }
	for name, c := range map[string]struct {
		operations []string
		options    []Option
	}{
		"polling": {operations: []string{"ListShards", "GetShardIterator", "GetRecords"}},
		"pushed":  {[]string{"ListShards", "SubscribeToShard", "event"}, []Option{EnhancedFanOut("application")}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 2, func(r *rig) {
				for _, operation := range c.operations {
					r.fail(operation, 2, hang)
				}
				w := r.start("one", nil, c.options...)
				r.putRecords(20)
				r.allSeen()
				for _, operation := range c.operations {
					r.fail(operation, 2, hang)
				}
				for range 300 { // so long that a stream without an event is missed
					r.putRecords(20)
					time.Sleep(time.Second)
				}
				r.allSeen()
				w.stopped()
				r.seen.check(t, 0)
			})
		})
	}
}

// TestPartialAnswers has lists of shards lack some, and reads say that a shard has
// ended that has not, or not what follows it.
func TestPartialAnswers(t *testing.T) {
	lackOne := func(out any) {
		list := out.(*kinesis.ListShardsOutput)
		list.Shards = list.Shards[:len(list.Shards)-1]
	}
	noneLeft := func(out any) {
		list := out.(*kinesis.ListShardsOutput)
		list.Shards = []types.Shard{list.Shards[0], list.Shards[1]}
	}
	bubble(t, 2, func(r *rig) {
		r.alter("ListShards", 3, lackOne) // the first is the worker's that begins
		w := r.start("one", nil)
		r.putRecords(20)
		r.allSeen()

		r.alter("GetRecords", 6, func(out any) {
			read := out.(*kinesis.GetRecordsOutput)
			read.NextShardIterator, read.ChildShards = nil, nil
		})
		for range 10 {
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		r.allSeen()
		if n := w.Counts().ShardsEnded; n != 0 {
			t.Errorf("%d shards ended that have not", n)
		}

		ends := atomic.Int64{}
		r.alter("GetRecords", 10_000, func(out any) {
			if read := out.(*kinesis.GetRecordsOutput); read.NextShardIterator == nil {
				ends.Add(1)
				read.ChildShards = nil
			}
		})
		r.alter("ListShards", 2, noneLeft) // the children are not listed yet either
		r.scale(4)
		r.putRecords(20)
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
		if n := ends.Load(); n < 4 {
			t.Errorf("only %d ends were seen without children", n)
		}
	})
}

// TestReshardInMidBatch splits and merges shards of which a batch is under way,
// before and after which the worker dies.
func TestReshardInMidBatch(t *testing.T) {
	for _, killed := range []bool{false, true} {
		bubble(t, 2, func(r *rig) {
			release := make(chan struct{})
			var entered, early atomic.Int64
			w := r.start("one", Func(func(ctx context.Context, b *Batch) error {
				select {
				case <-release:
				default:
					if entered.Add(1); b.Shard.ShardID > "shardId-000000000001" {
						early.Add(1)
					}
					select {
					case <-release:
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				return r.seen.process(ctx, b)
			}))
			r.putRecords(20)
			r.until("both batches begun", func() bool { return entered.Load() == 2 })
			for _, shards := range []int{4, 2, 1} {
				r.scale(shards)
				r.putRecords(20)
			}
			time.Sleep(2 * time.Minute)
			if n := early.Load(); n != 0 {
				t.Errorf("%d batches of children begun before their parents' were done", n)
			}
			if killed {
				w.killed()
				w = r.start("two", nil)
			} else {
				close(release)
			}
			r.allSeen()
			w.stopped()
			r.seen.check(t, 0)
		})
	}
}

// panicky is a processor one of whose methods panics the first time.
type panicky struct {
	Processor
	method string
	once   *sync.Once
}

func (p panicky) in(method string) {
	if method == p.method {
		p.once.Do(func() { panic("in " + method) })
	}
}

func (p panicky) Initialize(ctx context.Context, s ShardInfo) error {
	p.in("Initialize")
	return p.Processor.Initialize(ctx, s)
}

func (p panicky) ProcessRecords(ctx context.Context, b *Batch) error {
	p.in("ProcessRecords")
	return p.Processor.ProcessRecords(ctx, b)
}

func (p panicky) LeaseLost(context.Context) { p.in("LeaseLost") }

func (p panicky) ShardEnded(ctx context.Context, c *Checkpointer) error {
	p.in("ShardEnded")
	return p.Processor.ShardEnded(ctx, c)
}

func (p panicky) ShutdownRequested(ctx context.Context, c *Checkpointer) error {
	p.in("ShutdownRequested")
	return p.Processor.ShutdownRequested(ctx, c)
}

// TestEveryMethodPanics has each method panic once, and the factory.
func TestEveryMethodPanics(t *testing.T) {
	for _, method := range []string{"Factory", "Initialize", "ProcessRecords", "ShardEnded", "ShutdownRequested", "LeaseLost"} {
		t.Run(method, func(t *testing.T) {
			bubble(t, 2, func(r *rig) {
				once, happened := new(sync.Once), true
				factory := func(s ShardInfo) Processor {
					p := panicky{Processor: Func(r.seen.process)(s), method: method, once: once}
					p.in("Factory")
					return p
				}
				w := r.start("one", factory)
				r.putRecords(20)
				r.allSeen()
				r.scale(1)
				r.putRecords(20)
				r.allSeen()
				w.stopped()
				again := r.start("two", nil)
				r.putRecords(20)
				r.allSeen()
				again.stopped()
				r.seen.check(t, 0)
				once.Do(func() { happened = false })
				if !happened {
					t.Error("it was never called")
				}
			})
		})
	}
}

// patient is a processor that takes a minute for what it does when its lease is
// lost, and notes whether it was let.
type patient struct {
	Processor
	done, cut *atomic.Int64
}

func (p patient) LeaseLost(ctx context.Context) {
	select {
	case <-ctx.Done():
		p.cut.Add(1)
	case <-time.After(time.Minute):
		p.done.Add(1)
	}
}

// TestLeaseLostTakesTime has a lease be taken away from a processor: the context in
// which it is told does not end when the lease would have.
func TestLeaseLostTakesTime(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		var done, cut atomic.Int64
		w := r.start("one", func(s ShardInfo) Processor { return patient{Func(r.seen.process)(s), &done, &cut} })
		r.putRecords(20)
		r.allSeen()
		row, err := r.leases.Get(r.ctx, "shardId-000000000000")
		must(t, err)
		_, err = r.leases.Assign(r.ctx, row, "another")
		must(t, err)
		r.until("the processor told", func() bool { return done.Load()+cut.Load() > 0 })
		if cut.Load() > 0 {
			t.Error("its context ended")
		}
		w.stopped()
	})
}

// TestStoreThrottles refuses two out of three calls of the lease store for five
// minutes: that costs no lease.
func TestStoreThrottles(t *testing.T) {
	bubble(t, 4, func(r *rig) {
		store := trouble(r.leases)
		one, two := r.startOn(store, "one", nil), r.startOn(store, "two", nil)
		r.until("all leases held", func() bool { return one.Counts().Leases+two.Counts().Leases == 4 })
		store.setThrottles(true)
		for i := range 300 {
			if i == 100 {
				r.scale(2)
			}
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		store.setThrottles(false)
		r.allSeen()
		one.stopped()
		two.stopped()
		r.seen.check(t, 0)
	})
}

// leapingClock is the machine's, and as far off as it was last told to be.
type leapingClock struct{ off *atomic.Int64 }

func (c leapingClock) Now() time.Time { return time.Now().Add(time.Duration(c.off.Load())) }

func (leapingClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// TestClockLeaps has the clock of a worker leap ahead and back by an hour, as
// after a machine was stopped for a while and then set right.
func TestClockLeaps(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		clock := leapingClock{new(atomic.Int64)}
		w := r.start("one", nil, WithClock(clock))
		for i := range 600 {
			switch i % 120 {
			case 30:
				clock.off.Add(int64(time.Hour))
			case 90:
				clock.off.Add(-int64(time.Hour))
			}
			r.putRecords(20)
			time.Sleep(time.Second)
		}
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
	})
}
