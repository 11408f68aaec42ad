package kinesis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// The times of a subscription (spec data-streams §17.2).
const (
	subscriptionLife = 300 * time.Second
	// maxSilence is after how long an event comes without records. Clients give
	// up a subscription that was silent for ten seconds.
	maxSilence = 5 * time.Second
	// takeoverAge is how old a subscription is at least when another one may
	// take its place.
	takeoverAge = 5 * time.Second
)

// What one event has at most.
const (
	maxEventRecords = 10_000
	maxEventBytes   = 1 << 20
	// eventRecordBytes is how much of its bytes an event needs to be allowed
	// for one record more: small records take more room around them than they
	// have.
	eventRecordBytes = 100
)

// Subscription is one SubscribeToShard under way: a consumer's to a shard. Wait,
// Next and Close are called by one goroutine at a time.
type Subscription struct {
	service *Service
	// What it is about, for looking up and for messages; immutable.
	key                                    subscriptionKey
	log                                    storage.ShardKey
	consumer, consumerARN, account, stream string
	ends                                   time.Time

	// The position, owned by the goroutine that calls. lastMillis is when the
	// record before it arrived, or a later one.
	offset     storage.Offset
	lastMillis int64
	over       error // why it has ended; nil before

	// waiting is the context of waits, made of parent; whoever has something to
	// say ends it. Owned by the goroutine that calls.
	waiting, parent context.Context

	mu struct {
		sync.Mutex
		interrupt context.CancelFunc // of waiting
		spoke     time.Time          // the last event, or the beginning
		takenOver bool
		stopped   bool // by EndSubscriptions
	}

	ring alarm // owned by subscriptions
}

var errSubscriptionClosed = errors.New("subscription is closed")

// Wait waits until Next has an event or an error to give without waiting, and
// returns nil, or ctx's error when that ends before.
func (u *Subscription) Wait(ctx context.Context) error {
	if err := u.wait(ctx); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

// Next waits for the next event and replaces what p held by it, keeping the
// capacity of its records. The event comes as soon as there are records: of no
// more than maxBytes and 1 MiB with their keys, and one for every 100 bytes of
// that and no more than 10,000, but always one. It comes without records when
// 5 s have passed. At the end of a closed shard it has ChildShards instead of a
// continuation sequence number.
//
// After the last event of a closed shard, and 300 s after the beginning, Next
// returns io.EOF. An *api.Error is to be told to the subscriber: it was taken
// over, or consumer, stream or shard do not exist any more. Any other error is
// ctx's, or a failure. No event comes after an error but ctx's.
func (u *Subscription) Next(ctx context.Context, maxBytes int, p *kinesisapi.Page) error {
	for {
		filled, err := u.fill(ctx, maxBytes, p)
		if filled {
			return nil
		}
		if err == nil {
			err = u.wait(ctx)
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			return u.finish(err)
		}
	}
}

// Close ends the subscription, which need not have come to its end.
func (u *Subscription) Close() { _ = u.finish(errSubscriptionClosed) }

// finish gives up the subscription's place, for the reason err unless there was
// one before, which it returns.
func (u *Subscription) finish(err error) error {
	if u.over == nil {
		u.over = err
		u.service.subscriptions.end(u)
		u.interrupt()
	}
	return u.over
}

// interrupt ends the wait under way, or the next one before it begins.
func (u *Subscription) interrupt() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.mu.interrupt != nil {
		u.mu.interrupt()
	}
}

// wait returns nil when it is time for fill to look again.
func (u *Subscription) wait(ctx context.Context) error {
	for {
		waiting := u.arm(ctx)
		// What happens from here on interrupts; what happened before is seen.
		now := u.service.clock.Now()
		x, _, err := u.check(now)
		if err != nil || u.silent(now) {
			return err
		}
		if err = u.waitOnce(waiting, x, now); waiting.Err() == nil {
			return u.told(err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// waitOnce waits until what was pushed is paid for, or for the log.
func (u *Subscription) waitOnce(waiting context.Context, x *catalog.Stream, now time.Time) error {
	if u.service.limited(x) {
		if debt := u.service.subscriptions.debt(u, now); debt > 0 {
			select {
			case <-u.service.clock.After(debt):
			case <-waiting.Done():
			}
			return nil
		}
	}
	return u.service.log.Wait(waiting, u.log, u.offset)
}

// arm returns a context that ends with ctx, or when somebody interrupts.
func (u *Subscription) arm(ctx context.Context) context.Context {
	if u.waiting != nil && u.parent == ctx && u.waiting.Err() == nil {
		return u.waiting
	}
	waiting, cancel := context.WithCancel(ctx)
	u.mu.Lock()
	if u.mu.interrupt != nil {
		u.mu.interrupt() // of another parent
	}
	u.mu.interrupt = cancel
	u.mu.Unlock()
	u.waiting, u.parent = waiting, ctx
	return waiting
}

// check returns the stream and shard as they are, or why the subscription is
// over.
func (u *Subscription) check(now time.Time) (*catalog.Stream, *catalog.Shard, error) {
	if u.over != nil {
		return nil, nil, u.over
	}
	u.mu.Lock()
	takenOver, stopped := u.mu.takenOver, u.mu.stopped
	u.mu.Unlock()
	switch {
	case takenOver:
		return nil, nil, u.inUse()
	case stopped || !now.Before(u.ends):
		return nil, nil, io.EOF
	}
	x, ok := u.service.catalog.StreamByID(u.log.Stream)
	if !ok || len(x.Shards) == 0 { // it is DELETING
		return nil, nil, catalog.StreamNotFound(u.account, u.stream)
	}
	if !u.consumes(x) {
		return nil, nil, catalog.ConsumerNotFound(u.account, u.consumerARN)
	}
	id := stream.ShardID(u.log.Shard)
	sh, ok := x.Shard(id)
	if !ok || x.Expired(sh, now.UnixMilli()) {
		return nil, nil, shardGone(u.account, u.stream, id)
	}
	return x, sh, nil
}

// consumes reports whether the stream still has the subscription's consumer.
func (u *Subscription) consumes(x *catalog.Stream) bool {
	return x.Consumes(u.consumer, u.key.consumer)
}

// inUse is the answer to a call that meets an active subscription, and to that
// one when it is taken over.
func (u *Subscription) inUse() *api.Error {
	return api.Errorf(kinesisapi.ResourceInUse, "Another active subscription exists for this consumer: %s:%s:%s:%s",
		u.account, u.stream, stream.ShardID(u.log.Shard), u.consumer)
}

// silent reports whether the subscriber has not heard anything for too long.
func (u *Subscription) silent(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return now.Sub(u.mu.spoke) >= maxSilence
}

// fill makes the event that is due now, and reports whether there is one.
func (u *Subscription) fill(ctx context.Context, maxBytes int, p *kinesisapi.Page) (bool, error) {
	now := u.service.clock.Now()
	x, sh, err := u.check(now)
	if err != nil {
		return false, err
	}
	*p = kinesisapi.Page{Records: p.Records[:0]}
	ended := false
	limited := u.service.limited(x)
	if !limited || u.silent(now) || u.service.subscriptions.debt(u, now) == 0 {
		if ended, err = u.read(ctx, x, sh, maxBytes, now, p); err != nil {
			return false, err
		}
	}
	if ended {
		p.ChildShards = childShards(x, sh)
	} else if len(p.Records) == 0 && !u.silent(now) {
		return false, nil
	} else {
		p.ContinuationSequenceNumber = u.continuation(sh)
	}
	u.mu.Lock()
	u.mu.spoke = now
	u.mu.Unlock()
	if limited {
		u.service.subscriptions.charge(u, p, now)
	}
	u.service.measureEvent(x, sh, u.consumer, p)
	if ended {
		_ = u.finish(io.EOF)
	}
	return true, nil
}

// read reads the records at the position into p and moves it behind them. It
// reports whether that is the end of a closed shard.
func (u *Subscription) read(ctx context.Context, x *catalog.Stream, sh *catalog.Shard, maxBytes int, now time.Time, p *kinesisapi.Page) (bool, error) {
	// As in GetPage, whether the shard is closed is asked before the read.
	end, ends, err := u.service.endOfShard(x, sh)
	if err != nil {
		return false, u.told(err)
	}
	res := reads.Get().(*storage.ReadResult)
	defer releaseRead(res)
	err = u.service.log.Read(ctx, storage.ReadRequest{
		Key:             u.log,
		From:            u.offset,
		NotBeforeMillis: x.HorizonMillis(now.UnixMilli()),
		MaxRecords:      max(1, min(maxBytes/eventRecordBytes, maxEventRecords)),
		MaxBytes:        min(maxBytes, maxEventBytes),
	}, res)
	if err != nil {
		return false, u.told(err)
	}
	if err := u.service.unseal(ctx, x, res); err != nil {
		return false, err
	}
	fillPage(p, sh, res, now.UnixMilli())
	if n := len(res.Records); n > 0 {
		u.lastMillis = res.Records[n-1].ArrivalMillis
	}
	u.offset = max(u.offset, res.Next)
	return ends && u.offset >= end, nil
}

// continuation returns the sequence number after which the next subscription
// goes on: that of the record before the position, or the shard's first.
func (u *Subscription) continuation(sh *catalog.Shard) stream.SequenceNumber {
	if u.offset == 0 {
		return sh.StartingSequenceNumber()
	}
	return sh.SequenceNumber(u.offset-1, u.lastMillis)
}

// told returns what a subscriber is told about an error of the log.
func (u *Subscription) told(err error) error {
	id := stream.ShardID(u.log.Shard)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, storage.ErrNotFound):
		return fmt.Errorf("read %s of %s: %w", id, u.consumerARN, err)
	}
	if _, _, gone := u.check(u.service.clock.Now()); gone != nil {
		return gone
	}
	return shardGone(u.account, u.stream, id)
}
