package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/consumer/lease"
)

// putAggregate puts one Kinesis record with so many user records.
func (r *rig) putAggregate(name string, n int) {
	r.t.Helper()
	var a aggregation.Aggregator
	for i := range n {
		if ok, err := a.Add(aggregation.UserRecord{PartitionKey: "k", Data: fmt.Appendf(nil, "%s%d", name, i)}); !ok || err != nil {
			r.t.Fatal(ok, err)
		}
	}
	_, err := r.Service.PutRecord(r.ctx, &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String(a.PartitionKey()), Data: a.AppendData(nil),
		ExplicitHashKey: aws.String(a.HashKey().String()),
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// stepper is a processor whose batches a test takes one by one.
type stepper struct {
	batches chan *Batch
	results chan error
	starts  chan ShardInfo
	lost    chan struct{}
}

func newStepper() *stepper {
	return &stepper{
		batches: make(chan *Batch), results: make(chan error),
		starts: make(chan ShardInfo, 10), lost: make(chan struct{}, 10),
	}
}

func (s *stepper) factory(ShardInfo) Processor { return s }

func (s *stepper) Initialize(_ context.Context, i ShardInfo) error { s.starts <- i; return nil }

func (s *stepper) ProcessRecords(ctx context.Context, b *Batch) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case s.batches <- b:
		return <-s.results
	}
}

func (s *stepper) LeaseLost(context.Context) { s.lost <- struct{}{} }

func (s *stepper) ShardEnded(context.Context, *Checkpointer) error { return nil }

func (s *stepper) ShutdownRequested(context.Context, *Checkpointer) error { return nil }

func data(b *Batch) []string {
	var all []string
	for _, rec := range b.Records {
		all = append(all, string(rec.Data))
	}
	return all
}

// TestSubSequence checkpoints in the middle of an aggregate: the next worker
// begins with the user record after it.
func TestSubSequence(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		r.putAggregate("a", 3)
		r.putAggregate("b", 3)
		one := newStepper()
		w := r.start("one", one.factory)
		b := <-one.batches
		if got := data(b); !slices.Equal(got, []string{"a0", "a1", "a2", "b0", "b1", "b2"}) {
			t.Fatalf("delivered %v", got)
		}
		if r4 := b.Records[4]; r4.SubSequenceNumber != 1 || !r4.Aggregated || r4.PartitionKey != "k" || r4.SequenceNumber != b.Records[3].SequenceNumber {
			t.Errorf("user record %+v", r4)
		}
		if err := b.Checkpointer.CheckpointRecord(r.t.Context(), &b.Records[3]); err != nil {
			t.Error(err)
		}
		one.results <- nil
		w.stopped()

		two := newStepper()
		again := r.start("two", two.factory)
		if b := <-two.batches; !slices.Equal(data(b), []string{"b1", "b2"}) {
			t.Errorf("after the checkpoint: %v", data(b))
		}
		two.results <- nil
		again.stopped()
	})
}

// TestCheckpointRules asks for checkpoints that cannot be made.
func TestCheckpointRules(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		s := newStepper()
		w := r.start("one", s.factory)
		if i := <-s.starts; i.Checkpoint != lease.TrimHorizon || i.ShardID != "shardId-000000000000" || i.Stream != "orders" {
			t.Errorf("begins with %+v", i)
		}
		r.putAggregate("a", 3)
		b := <-s.batches
		c, ctx := b.Checkpointer, r.t.Context()
		seq := b.Records[0].SequenceNumber
		for _, bad := range []struct {
			seq string
			sub int64
		}{{"", 0}, {"x", 0}, {"SHARD_END", 0}, {"TRIM_HORIZON", 0}, {seq, 3}, {seq + "0", 0}} {
			if err := c.CheckpointAt(ctx, bad.seq, bad.sub); !errors.Is(err, ErrOutOfRange) {
				t.Errorf("checkpoint at %q %d: %v", bad.seq, bad.sub, err)
			}
		}
		must(t, c.CheckpointAt(ctx, seq, 1))
		must(t, c.CheckpointAt(ctx, seq, 1)) // again
		if err := c.CheckpointAt(ctx, seq, 0); !errors.Is(err, ErrOutOfRange) {
			t.Errorf("before the last: %v", err)
		}
		must(t, c.Checkpoint(ctx))
		if got := c.Last(); got != (lease.Checkpoint{Sequence: seq, SubSequence: 2}) {
			t.Errorf("last %v", got)
		}
		s.results <- nil

		w.stopped()
		<-s.lost
		if err := c.Checkpoint(ctx); !errors.Is(err, ErrLeaseLost) {
			t.Errorf("after the lease: %v", err)
		}
		if err := c.CheckpointAt(ctx, seq, 2); !errors.Is(err, ErrLeaseLost) {
			t.Errorf("after the lease: %v", err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// TestPrepared prepares a checkpoint that is not made: the next processor is told.
func TestPrepared(t *testing.T) {
	bubble(t, 1, func(r *rig) {
		r.putAggregate("a", 3)
		one := newStepper()
		w := r.start("one", one.factory)
		<-one.starts
		b := <-one.batches
		first, err := b.Checkpointer.PrepareAt(r.t.Context(), &b.Records[1], []byte("half"))
		must(t, err)
		one.results <- nil
		synctest.Wait()
		w.killed()

		two := newStepper()
		w = r.start("two", two.factory)
		i := <-two.starts
		if i.Pending != first.Pending() || string(i.PendingState) != "half" || i.Checkpoint != lease.TrimHorizon {
			t.Errorf("told %+v", i)
		}
		b = <-two.batches
		if len(b.Records) != 3 {
			t.Errorf("delivered %v", data(b))
		}
		p, err := b.Checkpointer.Prepare(r.t.Context(), nil)
		must(t, err)
		must(t, p.Checkpoint(r.t.Context()))
		must(t, p.Checkpoint(r.t.Context())) // again
		two.results <- nil
		w.stopped()
		l, err := r.leases.Get(r.t.Context(), i.ShardID)
		must(t, err)
		if !l.Pending.IsZero() || l.Checkpoint != p.Pending() || l.Owner != "" {
			t.Errorf("left %+v", l)
		}
		if err := first.Checkpoint(r.t.Context()); !errors.Is(err, ErrLeaseLost) {
			t.Errorf("the first worker's: %v", err)
		}
	})
}

// TestInitialPositions begins with streams that have records and children.
func TestInitialPositions(t *testing.T) {
	for name, c := range map[string]struct {
		from   func(time.Time) InitialPosition
		counts map[string]int // of each key, how many of the first are not seen
	}{
		"trim horizon": {func(time.Time) InitialPosition { return FromTrimHorizon() }, nil},
		"timestamp":    {FromTimestamp, map[string]int{"key 0": 1, "key 1": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 2, func(r *rig) {
				r.putRecords(2)
				time.Sleep(time.Minute)
				at := time.Now()
				r.putRecords(2)
				time.Sleep(time.Second)
				r.scale(4)
				r.putRecords(2)
				for key, n := range c.counts {
					for i := range n {
						r.seen.add(key, i)
					}
				}
				w := r.start("one", nil, From(c.from(at)))
				r.allSeen()
				w.stopped()
				r.seen.check(t, 0)
			})
		})
	}
	t.Run("latest", func(t *testing.T) {
		bubble(t, 2, func(r *rig) {
			r.putRecords(2)
			r.scale(4)
			r.putRecords(2)
			r.seen.add("key 0", 0)
			r.seen.add("key 0", 1)
			r.seen.add("key 1", 0)
			r.seen.add("key 1", 1)
			w := r.start("one", nil, From(FromLatest()))
			time.Sleep(5 * time.Second)
			r.putRecords(2)
			r.scale(2)
			r.putRecords(2)
			r.allSeen()
			w.stopped()
			r.seen.check(t, 0)
		})
	})
}

// TestCleanUp has the leases of ended shards go, parents before children, and
// those of a deleted stream too.
func TestCleanUp(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		w := r.start("one", nil)
		r.putRecords(20)
		r.scale(4)
		r.putRecords(20)
		r.scale(2)
		r.putRecords(20)
		r.until("the ended shards' leases gone", func() bool {
			all, err := r.leases.List(r.t.Context())
			must(t, err)
			return len(all.Leases) == 2
		})
		r.allSeen()
		if c := w.Counts(); c.ShardsEnded < 4 || c.Leases != 2 {
			t.Errorf("counted %+v", c)
		}
		_, err := r.Service.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("orders")})
		must(t, err)
		r.until("all leases gone", func() bool {
			all, err := r.leases.List(r.t.Context())
			must(t, err)
			return len(all.Leases) == 0
		})
		w.stopped()
		r.seen.check(t, 0)
	})
}

// TestEndedLeaseMoves has the lease of a shard that has ended go to another worker,
// which is no loss.
func TestEndedLeaseMoves(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		w := r.start("one", nil)
		r.putRecords(20)
		r.scale(4)
		r.until("the parents ended", func() bool { c := w.Counts(); return c.ShardsEnded >= 2 && c.Leases >= 6 })
		before := w.Counts()
		row, err := r.leases.Get(r.t.Context(), "shardId-000000000000")
		must(t, err)
		_, err = r.leases.Assign(r.t.Context(), row, "another")
		must(t, err)
		r.until("the lease given up", func() bool { return w.Counts().Leases < before.Leases })
		if lost := w.Counts().LeasesLost; lost != 0 {
			t.Errorf("%d leases counted as lost", lost)
		}
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
	})
}

// TestHole has a lease vanish whose shard nobody has processed.
func TestHole(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		w := r.start("one", nil)
		r.putRecords(20)
		r.allSeen()
		must(t, r.leases.Delete(r.t.Context(), "shardId-000000000001"))
		r.until("the lease lost", func() bool { return w.Counts().LeasesLost == 1 })
		r.until("the lease made anew", func() bool { return w.Counts().Leases == 2 })
		r.putRecords(20)
		r.allSeen()
		w.stopped()
		r.seen.check(t, 20)
	})
}

// TestMultiStream processes two streams with one application.
func TestMultiStream(t *testing.T) {
	bubble(t, 2, func(r *rig) {
		r.createStream("returns", 3)
		ids := []StreamID{{"000000000000", "orders", 946684800}, {"000000000000", "returns", 946684801}}
		var mu sync.Mutex
		byStream := map[string]int{}
		process := func(ctx context.Context, b *Batch) error {
			mu.Lock()
			defer mu.Unlock()
			byStream[b.Shard.Stream+" "+b.Shard.StreamID.Name] += len(b.Records)
			return nil
		}
		w, err := New(r.client(), r.leases, Func(process), Streams(ids...), WithLogger(testLogger(t)))
		must(t, err)
		done := make(chan error)
		go func() { done <- w.Run(context.WithoutCancel(r.ctx)) }()
		for _, name := range []string{"orders", "returns"} {
			_, err := r.Service.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &name, PartitionKey: aws.String("k"), Data: []byte("x")})
			must(t, err)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if byStream["orders orders"] != 1 || byStream["returns returns"] != 1 || len(byStream) != 2 {
			t.Errorf("seen %v", byStream)
		}
		all, err := r.leases.List(r.t.Context())
		must(t, err)
		for _, l := range all.Leases {
			if l.Key != l.Stream+":"+l.Shard || l.Stream != ids[0].String() && l.Stream != ids[1].String() {
				t.Errorf("lease %+v", l)
			}
		}
		must(t, w.Shutdown(r.t.Context()))
		must(t, <-done)
	})
}

// TestMode2x has workers help themselves.
func TestMode2x(t *testing.T) {
	bubble(t, 6, func(r *rig) {
		r.putRecords(50)
		began := time.Now()
		one := r.start("one", nil, Compatible2x())
		r.allSeen()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("a new application began after %v", took)
		}
		two := r.start("two", nil, Compatible2x())
		r.until("the leases spread", func() bool { return one.Counts().Leases == 3 && two.Counts().Leases == 3 })
		r.scale(8)
		r.putRecords(50)
		r.allSeen()
		one.killed()
		r.putRecords(50)
		r.allSeen()
		two.stopped()
		r.seen.check(t, 100)
	})
}
