package consumer

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

// catalogue is what an application lists its streams from, and what it saw of
// them.
type catalogue struct {
	mu     sync.Mutex
	ids    []StreamID
	err    error
	counts map[string]int // records by stream
}

func (c *catalogue) list(context.Context) ([]StreamID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ids, c.err
}

func (c *catalogue) set(err error, ids ...StreamID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids, c.err = ids, err
}

func (c *catalogue) process(_ context.Context, b *Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[b.Shard.StreamID.Name] += len(b.Records)
	return nil
}

func (c *catalogue) seen() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}

// leasesOf counts the leases of streams.
func (r *rig) leasesOf() map[string]int {
	r.t.Helper()
	all, err := r.leases.List(r.ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, l := range all.Leases {
		id, err := ParseStreamID(l.Stream)
		if err != nil {
			r.t.Fatal(err)
		}
		counts[id.Name]++
	}
	return counts
}

// TestStreamsFrom has streams be listed that were not, and no longer be.
func TestStreamsFrom(t *testing.T) {
	for name, options := range map[string][]Option{"polling": nil, "pushed": {EnhancedFanOut("application")}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 2, func(r *rig) {
				r.createStream("returns", 3)
				orders, returns := StreamID{"000000000000", "orders", 946684800}, StreamID{"000000000000", "returns", 946684801}
				c := &catalogue{counts: map[string]int{}}
				c.set(nil, orders, orders)
				start := func(name string) *running {
					return r.startApplication(name, c.process, append([]Option{StreamsFrom(c.list), ForgetStreams(10 * time.Minute)}, options...)...)
				}
				put := func(stream string) {
					t.Helper()
					_, err := r.Service.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String("k"), Data: []byte("x")})
					must(t, err)
				}
				wants := func(what string, orders, returns int) {
					t.Helper()
					want := map[string]int{"orders": orders}
					if returns > 0 {
						want["returns"] = returns
					}
					r.until(what, func() bool { return maps.Equal(c.seen(), want) })
				}
				one, two := start("one"), start("two")
				put("orders")
				put("returns")
				wants("one stream processed", 1, 0)
				time.Sleep(5 * time.Minute)
				if got := r.leasesOf(); !maps.Equal(got, map[string]int{"orders": 2}) {
					t.Errorf("leases %v, of a stream that was not listed", got)
				}

				c.set(nil, orders, returns)
				wants("both processed", 1, 1)

				c.set(errors.New("no such table"))
				time.Sleep(15 * time.Minute) // the last list stays in force
				put("orders")
				put("returns")
				wants("both processed while nobody can list them", 2, 2)

				c.set(nil, orders)
				time.Sleep(5 * time.Minute)
				put("returns")
				wants("the stream processed on", 2, 3)
				time.Sleep(8 * time.Minute)
				if got := r.leasesOf(); !maps.Equal(got, map[string]int{"orders": 2}) {
					t.Errorf("leases %v, of a stream that was not listed for long", got)
				}
				put("orders")
				put("returns")
				wants("the stream given up", 3, 3)
				if n := one.Counts().Leases + two.Counts().Leases; n != 2 {
					t.Errorf("%d leases are held", n)
				}

				c.set(nil, returns, orders)
				wants("the stream processed anew", 3, 3+4)
				one.stopped()
				two.stopped()
			})
		})
	}
}

// TestForgetCountsAnew has a worker in 2.x mode lead, follow, and lead again: what
// it saw before it followed does not count.
func TestForgetCountsAnew(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		c := &catalogue{counts: map[string]int{}}
		c.set(nil, StreamID{"000000000000", "orders", 946684800})
		w, err := New(r.client(), r.leases, Func(c.process), WorkerID("one"), Compatible2x(), StreamsFrom(c.list), ForgetStreams(10*time.Minute))
		must(t, err)
		const returns = "000000000000:returns:946684801"
		_, err = r.leases.Create(r.ctx, lease.Lease{
			Key: lease.KeyOf(returns, "shardId-000000000000"), Stream: returns, Shard: "shardId-000000000000", Checkpoint: lease.TrimHorizon,
		})
		must(t, err)
		l := newLeader(w)
		for _, step := range []struct {
			owner string // of all leases, who leads therefore
			after time.Duration
			there int
		}{{"one", 0, 1}, {"two", 5 * time.Minute, 1}, {"one", time.Hour, 1}, {"one", 11 * time.Minute, 0}} {
			time.Sleep(step.after)
			must(t, l.lead2x(r.ctx, time.Now(), []lease.Lease{{Owner: step.owner}}))
			if n := r.leasesOf()["returns"]; n != step.there {
				t.Errorf("%v later, led by %s: %d leases of the stream, want %d", step.after, step.owner, n, step.there)
			}
		}
	})
}

// TestForgetsOnlyStreams has a lease in the table that is of no stream which could
// be listed, as those of applications in single-stream mode are.
func TestForgetsOnlyStreams(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		c := &catalogue{}
		w, err := New(r.client(), r.leases, Func(c.process), StreamsFrom(c.list), ForgetStreams(0))
		must(t, err)
		_, err = r.leases.Create(r.ctx, lease.Lease{Key: "shardId-000000000000", Shard: "shardId-000000000000", Checkpoint: lease.TrimHorizon})
		must(t, err)
		l := newLeader(w)
		must(t, l.lead2x(r.ctx, time.Now(), nil))
		_, err = r.leases.Get(r.ctx, "shardId-000000000000")
		must(t, err)
	})
}

// TestHoleOfUnlistedStream has a stream that lacks a lease be listed, twice over,
// and then no more: what there is to close is counted by streams that are listed.
func TestHoleOfUnlistedStream(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		orders := StreamID{"000000000000", "orders", 946684800}
		w, err := New(r.client(), r.leases, Func(r.seen.process), Streams(orders, orders))
		must(t, err)
		half := lease.Lease{
			Key: lease.KeyOf(orders.String(), "shardId-000000000009"), Stream: orders.String(), Shard: "shardId-000000000009",
			Checkpoint: lease.TrimHorizon, HasHashRange: true, HashRange: stream.HashKeyRange{End: stream.HashKey{Lo: 9}},
		}
		_, err = r.leases.Create(r.ctx, half)
		must(t, err)
		a := newAuditor(w)
		for audit := 1; audit < sureOfHole; audit++ {
			must(t, a.run(r.ctx))
			if len(a.holes) != 1 || a.holes[orders].times != audit {
				t.Errorf("holes after audit %d: %v", audit, a.holes)
			}
			time.Sleep(w.o.auditEvery)
		}
		a.streams.sources = nil
		must(t, a.run(r.ctx))
		if len(a.holes) != 0 {
			t.Errorf("holes of streams that are not listed: %v", a.holes)
		}
	})
}

// TestStreamsStay leaves the leases of a stream alone that is not listed any more.
func TestStreamsStay(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		c := &catalogue{counts: map[string]int{}}
		c.set(nil, StreamID{"000000000000", "orders", 946684800})
		w := r.startApplication("one", c.process, StreamsFrom(c.list))
		r.until("leases held", func() bool { return w.Counts().Leases == 2 })
		c.set(nil)
		time.Sleep(time.Hour)
		r.putRecords(20)
		r.until("the stream processed on", func() bool { return c.seen()["orders"] == 20 })
		w.stopped()
	})
}

// TestListing has a list be asked for once a minute, name a stream twice, and then
// not answer: the last set stays in force, so that a lease of it that vanishes is
// made anew.
func TestListing(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		orders := StreamID{"000000000000", "orders", 946684800}
		var calls atomic.Int64
		var hangs atomic.Bool
		c := &catalogue{counts: map[string]int{}}
		w := r.startApplication("one", c.process, StreamsFrom(func(ctx context.Context) ([]StreamID, error) {
			calls.Add(1)
			if hangs.Load() {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return []StreamID{orders, orders}, nil
		}))
		r.until("a lease held", func() bool { return w.Counts().Leases == 1 })
		before := calls.Load()
		time.Sleep(10 * time.Minute)
		if n := calls.Load() - before; n < 9 || n > 11 {
			t.Errorf("asked %d times in ten minutes", n)
		}
		if sources, err := w.listStreams(r.ctx); err != nil || len(sources) != 1 {
			t.Errorf("the streams %v, %v", sources, err)
		}
		hangs.Store(true)
		must(t, r.leases.Delete(r.ctx, lease.KeyOf(orders.String(), "shardId-000000000000")))
		r.until("the lease made anew", func() bool { return r.leasesOf()["orders"] == 1 })
		w.stopped()
	})
}

// TestStreamsCannotBeListed has a worker not begin.
func TestStreamsCannotBeListed(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		c := &catalogue{counts: map[string]int{}}
		c.set(errTransient)
		w := r.startApplication("one", c.process, StreamsFrom(c.list))
		if err := <-w.done; !errors.Is(err, errTransient) {
			t.Errorf("the error %v", err)
		}
		c.set(nil, StreamID{"000000000000", "or:ders", 946684800})
		w = r.startApplication("two", c.process, StreamsFrom(c.list))
		if err := <-w.done; err == nil {
			t.Error("began with a stream that cannot be")
		}
	})
}
