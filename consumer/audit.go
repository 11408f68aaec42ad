package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/stream"
)

const (
	// sureOfHole is how many audits in a row must find the same hole before
	// leases are created to close it: a worker may be about to do so.
	sureOfHole = 3
	// How often the shards of a new stream are listed until they cover all hash
	// keys, and the pause in between.
	maxListings  = 3
	listingPause = time.Second
	// maxCreations is how many leases are created at a time.
	maxCreations = 20
)

// auditor makes sure that every hash key belongs to a lease: it creates the
// leases of streams that have none, and finds holes that a worker left which
// died in an unlucky moment. It belongs to one goroutine.
type auditor struct {
	w       *Worker
	streams streamList
	next    time.Time
	// holes are the first hash keys without a lease that the last audit found,
	// and how many audits have found them.
	holes map[StreamID]hole
}

type hole struct {
	at    stream.HashKey
	times int
}

// newAuditor returns an auditor that has seen nothing yet.
func newAuditor(w *Worker) auditor { return auditor{w: w, streams: newStreamList(w)} }

// run does an audit if one is due.
func (a *auditor) run(ctx context.Context) error {
	now := a.w.o.clock.Now()
	if now.Before(a.next) {
		return nil
	}
	all, err := a.w.leases.List(ctx)
	if err != nil {
		return fmt.Errorf("list leases: %w", err)
	}
	byStream := map[string][]lease.Lease{}
	for _, l := range all.Leases {
		byStream[l.Stream] = append(byStream[l.Stream], l)
	}
	began, synced := now, 0
	var errs []error
	if a.streams.refresh(ctx) {
		errs = append(errs, a.streams.forget(ctx, byStream))
	}
	before := a.holes
	a.holes = map[StreamID]hole{}
	for _, s := range a.streams.sources {
		did, err := a.audit(ctx, s, byStream[s.id.String()], before[s.id])
		if did {
			synced++
		}
		errs = append(errs, err)
	}
	err = errors.Join(errs...)
	a.w.metrics.audited(len(a.holes), synced, a.w.o.clock.Now().Sub(began), err)
	if err == nil {
		a.next = now.Add(a.w.o.auditEvery)
	}
	return err
}

// audit looks after one stream with its leases, in which the last audit may have
// found a hole, and reports whether it had to create some.
func (a *auditor) audit(ctx context.Context, s source, leases []lease.Lease, h hole) (created bool, err error) {
	if len(leases) == 0 {
		return true, a.firstLeases(ctx, s)
	}
	at, found := firstHole(leases)
	if !found {
		return false, nil
	}
	if h.at != at {
		h = hole{at: at}
	}
	if h.times++; h.times < sureOfHole {
		a.holes[s.id] = h
		return false, nil
	}
	return true, a.missingLeases(ctx, s, leases)
}

// firstLeases creates the leases of a stream that has none: of the shards that
// are read at the initial position, and no others, since their children come
// when they end (spec clients §3.9).
func (a *auditor) firstLeases(ctx context.Context, s source) error {
	for try := 1; ; try++ {
		shards, err := listShards(ctx, a.w.client, s, a.w.o.initial.filter())
		if isNotFound(err) {
			return nil // the stream was deleted
		}
		if err != nil {
			return err
		}
		var leases []lease.Lease
		for _, shard := range shards {
			leases = append(leases, newLease(s, aws.ToString(shard.ShardId), parentsOf(shard), shard.HashKeyRange, a.w.o.initial.sentinel))
		}
		at, found := firstHole(leases)
		if !found {
			return a.create(ctx, s, leases)
		}
		if try == maxListings {
			return fmt.Errorf("the shards listed of %s lack the hash key %v", s.name, at)
		}
		if err := sleep(ctx, a.w.o.clock, listingPause); err != nil {
			return err
		}
	}
}

// missingLeases creates what leases the stream's shards need, and completes
// those that do not say what hash keys they are about.
func (a *auditor) missingLeases(ctx context.Context, s source, leases []lease.Lease) error {
	shards, err := listShards(ctx, a.w.client, s, nil)
	if isNotFound(err) {
		return nil // the stream was deleted
	}
	if err != nil {
		return err
	}
	if err := a.complete(ctx, shards, leases); err != nil {
		return err
	}
	return a.create(ctx, s, missingLeases(s, shards, leases, a.w.o.initial))
}

// create creates leases that do not exist.
func (a *auditor) create(ctx context.Context, s source, leases []lease.Lease) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxCreations)
	for _, l := range leases {
		group.Go(func() error {
			made, err := a.w.leases.Create(ctx, l)
			if err != nil {
				return fmt.Errorf("create the lease of shard %s: %w", l.ShardID(), err)
			}
			if made {
				a.w.o.logger.Info("lease created", "stream", s.name, "shard_id", l.ShardID(), "checkpoint", l.Checkpoint.String())
			}
			a.w.metrics.leaseCreated("ShardSyncTask", l, made)
			return nil
		})
	}
	return group.Wait()
}

// complete notes the hash key ranges of leases that lack them.
func (a *auditor) complete(ctx context.Context, shards []types.Shard, leases []lease.Lease) error {
	ranges := map[string]*types.HashKeyRange{}
	for _, shard := range shards {
		ranges[aws.ToString(shard.ShardId)] = shard.HashKeyRange
	}
	for _, l := range leases {
		r, ok := hashRangeOf(ranges[l.ShardID()])
		if l.HasHashRange || !ok {
			continue
		}
		if err := a.w.leases.SetHashRange(ctx, l.Key, r); err != nil && !errors.Is(err, lease.ErrNotFound) {
			return fmt.Errorf("complete the lease %s: %w", l.Key, err)
		}
	}
	return nil
}
