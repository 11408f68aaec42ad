package kinesis

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// How tests of subscriptions speak.

// subscriptionRig is a rig with the consumer "c", and with a log that says when
// somebody begins to wait.
type subscriptionRig struct {
	*rig
	waits chan storage.Offset
}

func newSubscriptionRig(t testing.TB, shards int32, o rigOptions) *subscriptionRig {
	t.Helper()
	r := &subscriptionRig{waits: make(chan storage.Offset, 1000)}
	wrap := o.wrap
	o.wrap = func(l storage.Log) storage.Log {
		if wrap != nil {
			l = wrap(l)
		}
		return &waitedLog{Log: l, waits: r.waits}
	}
	r.rig = newRig(t, shards, o)
	r.start()
	r.register("c")
	return r
}

// waitedLog reports each Wait just before it begins.
type waitedLog struct {
	storage.Log
	waits chan storage.Offset
}

func (l *waitedLog) Wait(ctx context.Context, key storage.ShardKey, from storage.Offset) error {
	l.waits <- from
	return l.Log.Wait(ctx, key, from)
}

// register registers a consumer and returns its ARN.
func (r *rig) register(name string) string {
	r.t.Helper()
	out, err := r.RegisterStreamConsumer(r.ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: aws.String(testARN), ConsumerName: &name})
	if err != nil {
		r.t.Fatal(err)
	}
	return *out.Consumer.ConsumerARN
}

const consumerARN = testARN + "/consumer/c:1700000000"

// subscription is what a test holds of one: events are fetched by next.
type subscription struct {
	*Subscription
	r *rig
}

// subscribe begins a subscription of the consumer "c", which ends with the
// test at the latest.
func (r *rig) subscribe(shard string, from types.StartingPosition) subscription {
	r.t.Helper()
	u, err := r.trySubscribe(shard, from)
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

func (r *rig) trySubscribe(shard string, from types.StartingPosition) (subscription, error) {
	u, err := r.Subscribe(r.ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: aws.String(consumerARN), ShardId: &shard, StartingPosition: &from,
	})
	if err == nil {
		r.t.Cleanup(u.Close)
	}
	return subscription{u, r}, err
}

func from(kind types.ShardIteratorType) types.StartingPosition {
	return types.StartingPosition{Type: kind}
}

func after(sequenceNumber string) types.StartingPosition {
	return types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: &sequenceNumber}
}

var (
	latest  = from(types.ShardIteratorTypeLatest)
	horizon = from(types.ShardIteratorTypeTrimHorizon)
)

// event is the outcome of a Next.
type event struct {
	kinesisapi.Page
	err error
}

// data returns the data of the records, spelled together.
func (e *event) data() string {
	var all []byte
	for i := range e.Records {
		all = append(all, e.Records[i].Data...)
	}
	return string(all)
}

const plenty = 1 << 30 // more bytes than an event may have

// begin calls Next on another goroutine.
func (u subscription) begin() <-chan event {
	got := make(chan event, 1)
	go func() {
		var e event
		e.err = u.Next(u.r.ctx, plenty, &e.Page)
		got <- e
	}()
	return got
}

// outcome returns what comes out of begin.
func (r *rig) outcome(got <-chan event) event {
	r.t.Helper()
	select {
	case e := <-got:
		return e
	case <-time.After(patience):
		r.t.Fatal("Next does not return")
		return event{}
	}
}

// next returns the next event.
func (u subscription) next() event {
	u.r.t.Helper()
	e := u.r.outcome(u.begin())
	if e.err != nil {
		u.r.t.Fatal(e.err)
	}
	return e
}

// wantNext checks the data of the next event.
func (u subscription) wantNext(data string) event {
	u.r.t.Helper()
	e := u.next()
	if e.data() != data {
		u.r.t.Errorf("event with %q, want %q", e.data(), data)
	}
	return e
}

// wantEnd checks that there is no further event, and why: "" for the good end.
func (u subscription) wantEnd(want string) {
	u.r.t.Helper()
	for range 2 { // it stays so
		e := u.r.outcome(u.begin())
		switch {
		case want == "" && e.err != io.EOF:
			u.r.t.Errorf("got %v, want the end", e.err)
		case want != "":
			wantError(u.r.t, e.err, want)
		}
	}
}

// waiting waits until a Next that was begun waits for the log.
func (r *subscriptionRig) waiting() {
	r.t.Helper()
	select {
	case <-r.waits:
	case <-time.After(patience):
		r.t.Fatal("nobody waits for the log")
	}
}

// pending checks that nothing has come out of begin. It is called when what
// would come has been waited for.
func (r *rig) pending(got <-chan event) {
	r.t.Helper()
	select {
	case e := <-got:
		r.t.Fatalf("an event too early: %.20q, %v", e.data(), e.err)
	default:
	}
}

// inUse is what a subscriber is told about another.
const inUse = "ResourceInUseException: Another active subscription exists for this consumer: 000000000000:orders:shardId-000000000000:c"

var errTest = errors.New("a test's error")
