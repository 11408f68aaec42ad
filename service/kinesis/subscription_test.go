package kinesis

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
)

// A record comes as soon as it is stored, to a subscriber that waits for the
// log and does not poll it.
func TestPush(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	u := r.subscribe("0", latest)
	for _, data := range []string{"a", "b"} {
		got := u.begin()
		r.waiting()
		r.pending(got)
		out := r.put("0", data)
		e := r.outcome(got)
		if e.err != nil || e.data() != data || e.MillisBehindLatest != 0 || len(e.ChildShards) != 0 ||
			e.ContinuationSequenceNumber != e.Records[0].SequenceNumber || e.Records[0].SequenceNumber.String() != *out.SequenceNumber {
			t.Errorf("event %+v", e)
		}
	}
	if n := len(r.waits); n != 0 {
		t.Errorf("waited %d times more", n)
	}
}

func TestSubscribePositions(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	var numbers []*string
	var times []time.Time
	for _, data := range []string{"a", "b", "c"} {
		times = append(times, r.clock.Now())
		numbers = append(numbers, r.put("0", data).SequenceNumber)
		r.clock.Advance(time.Second)
	}
	for _, c := range []struct {
		from types.StartingPosition
		want string
	}{
		{horizon, "abc"},
		{types.StartingPosition{Type: types.ShardIteratorTypeAtSequenceNumber, SequenceNumber: numbers[1]}, "bc"},
		{types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: numbers[1]}, "c"},
		{types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp, Timestamp: &times[2]}, "c"},
		{latest, "d"},
	} {
		u := r.subscribe("0", c.from)
		if c.want == "d" {
			r.put("0", "d")
		}
		u.wantNext(c.want)
		u.Close()
	}
}

// Each event says where to go on, also one without records and one before all.
func TestContinuation(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	goOn := func(u subscription) string {
		t.Helper()
		e := u.next()
		u.Close()
		return e.ContinuationSequenceNumber.String()
	}
	silent := func(at types.StartingPosition) string {
		t.Helper()
		u := r.subscribe("0", at)
		r.clock.Advance(maxSilence)
		return goOn(u)
	}
	start := silent(latest)
	sh, _ := r.orders().Shard(0)
	if start != sh.StartingSequenceNumber().String() {
		t.Errorf("before the first record: %s", start)
	}
	first := *r.put("0", "a").SequenceNumber
	if got := silent(latest); got != first {
		t.Errorf("after the first: %s, want %s", got, first)
	}
	if got := silent(after(first)); got != first {
		t.Errorf("and going on: %s, want %s", got, first)
	}
	second := *r.put("0", "b").SequenceNumber
	if got := goOn(r.subscribe("0", after(start))); got != second {
		t.Errorf("from the start: %s, want %s", got, second)
	}
	r.subscribe("0", after(first)).wantNext("b")
}

func TestSilence(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	u := r.subscribe("0", latest)
	for range 3 {
		got := u.begin()
		r.waiting()
		r.clock.Advance(5*time.Second - 1)
		r.pending(got)
		r.clock.Advance(1)
		if e := r.outcome(got); e.err != nil || len(e.Records) != 0 || e.MillisBehindLatest != 0 {
			t.Errorf("silent event %+v", e)
		}
	}
	// A record begins the five seconds anew.
	r.clock.Advance(3 * time.Second)
	r.put("0", "a")
	u.wantNext("a")
	got := u.begin()
	r.waiting()
	r.clock.Advance(3 * time.Second)
	r.put("0", "b")
	if e := r.outcome(got); e.data() != "b" {
		t.Errorf("event %q, %v", e.data(), e.err)
	}
}

func TestSubscriptionEnds(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	u := r.subscribe("0", latest)
	r.clock.Advance(299 * time.Second)
	u.next() // silent for long
	got := u.begin()
	r.waiting()
	r.clock.Advance(time.Second)
	if e := r.outcome(got); e.err == nil || e.err.Error() != "EOF" {
		t.Errorf("after 300 s: %+v", e)
	}
	u.wantEnd("")
	r.put("0", "a")
	u.wantEnd("")
	r.subscribe("0", horizon).wantNext("a")
}

func TestTakeover(t *testing.T) {
	r := newSubscriptionRig(t, 2, rigOptions{})
	old := r.subscribe("0", latest)
	r.subscribe("1", latest) // another shard
	got := old.begin()
	r.waiting()
	r.clock.Advance(5*time.Second - 1)
	_, err := r.trySubscribe("0", latest)
	wantError(t, err, inUse)
	r.pending(got)

	r.clock.Advance(1)
	young := r.subscribe("0", latest)
	e := r.outcome(got)
	if e.err == nil { // its silence was over, too
		e = r.outcome(old.begin())
	}
	wantError(t, e.err, inUse)
	old.wantEnd(inUse)
	old.Close()
	r.put("0", "a")
	young.wantNext("a")

	// The old one's end did not free the place.
	_, err = r.trySubscribe("0", latest)
	wantError(t, err, inUse)
	young.Close()
	r.subscribe("0", horizon).wantNext("a")
}

// Under the limits of AWS the five seconds pass also when the subscription has
// ended, and calls are counted.
func TestTakeoverLimited(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{limits: LimitsAWS})
	r.subscribe("0", latest).Close()
	r.clock.Advance(time.Second - 1)
	_, err := r.trySubscribe("0", latest)
	wantError(t, err, "LimitExceededException: Rate exceeded for stream orders under account 000000000000.")
	r.clock.Advance(1)
	_, err = r.trySubscribe("0", latest)
	wantError(t, err, inUse)
	r.clock.Advance(takeoverAge)
	r.subscribe("0", latest)
}

// However many try at once, one has the place, and the others are told.
func TestTakeoverRace(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	var held []subscription
	for range 5 {
		const callers = 20
		won := make(chan subscription, callers)
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				if u, err := r.trySubscribe("0", latest); err == nil {
					won <- u
				} else if err.Error() != inUse {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%d have the place", len(won))
		}
		held = append(held, <-won)
		r.clock.Advance(takeoverAge)
	}
	for _, u := range held[:4] {
		u.wantEnd(inUse)
	}
	r.put("0", "a")
	held[4].wantNext("a")
}

func TestSubscribeRefused(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	in := func(change func(*kinesis.SubscribeToShardInput)) *kinesis.SubscribeToShardInput {
		in := &kinesis.SubscribeToShardInput{ConsumerARN: aws.String(consumerARN), ShardId: aws.String("0"), StartingPosition: &latest}
		change(in)
		return in
	}
	other := r.put("0", "a").SequenceNumber
	r.split(0, "1000")
	for _, c := range []struct {
		change func(*kinesis.SubscribeToShardInput)
		want   string
	}{
		{func(in *kinesis.SubscribeToShardInput) {
			in.ConsumerARN = aws.String(testARN + "/consumer/none:1700000000")
		},
			"ResourceNotFoundException: Consumer " + testARN + "/consumer/none:1700000000, account 000000000000 not found."},
		{func(in *kinesis.SubscribeToShardInput) {
			in.ConsumerARN = aws.String(testARN + "/consumer/c:1600000000")
		},
			"ResourceNotFoundException: Consumer " + testARN + "/consumer/c:1600000000, account 000000000000 not found."},
		{func(in *kinesis.SubscribeToShardInput) { in.ShardId = aws.String("shardId-x") },
			"ResourceNotFoundException: Could not find shard shardId-x in stream orders under account 000000000000."},
		{func(in *kinesis.SubscribeToShardInput) { in.ShardId = aws.String("shardId-000000000007") },
			"ResourceNotFoundException: Shard shardId-000000000007 in stream orders under account 000000000000 does not exist"},
		{func(in *kinesis.SubscribeToShardInput) {
			in.StartingPosition = &types.StartingPosition{Type: types.ShardIteratorTypeAtTimestamp}
		},
			"InvalidArgumentException: Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter."},
		{func(in *kinesis.SubscribeToShardInput) {
			in.ShardId = aws.String("1")
			p := after(*other)
			in.StartingPosition = &p
		},
			"InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000000, while it was used in a call to a shard with shardId-000000000001"},
		{func(in *kinesis.SubscribeToShardInput) { p := after("0"); in.StartingPosition = &p },
			"InvalidArgumentException: StartingSequenceNumber 0 used in SubscribeToShard on shard shardId-000000000000 in stream orders under account 000000000000 is invalid because it did not come from this stream."},
		{func(in *kinesis.SubscribeToShardInput) { in.DryRun = aws.Bool(true) },
			"DryRunOperationException: Request would have succeeded, but DryRun flag is set."},
	} {
		u, err := r.Subscribe(r.ctx, in(c.change))
		wantError(t, err, c.want)
		if u != nil {
			t.Errorf("a subscription came with %v", err)
		}
	}
	if n := len(r.subscriptions.mu.slots) + len(r.subscriptions.mu.alarms); n != 0 {
		t.Errorf("%d traces of refused calls", n)
	}
}

func TestSubscribeToACreatingConsumer(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	r.stateDelay = time.Minute
	arn := r.register("slow")
	_, err := r.Subscribe(r.ctx, &kinesis.SubscribeToShardInput{ConsumerARN: &arn, ShardId: aws.String("0"), StartingPosition: &latest})
	wantError(t, err, "ResourceInUseException: Consumer slow with creation timestamp 1700000000 under stream: orders , account 000000000000 is not in ACTIVE status.")
}

// A subscription ends when its consumer begins to go, or its stream.
func TestLostConsumer(t *testing.T) {
	const gone = "ResourceNotFoundException: Consumer " + consumerARN + ", account 000000000000 not found."
	for name, c := range map[string]struct {
		delay time.Duration
		cmd   catalog.Command
		want  string
	}{
		"deregistered": {0, &catalog.DeregisterConsumer{ConsumerRef: catalog.ConsumerRef{Ref: testRef, Consumer: "c"}}, gone},
		"deregistering": {time.Minute, &catalog.DeregisterConsumer{ConsumerRef: catalog.ConsumerRef{Ref: testRef, Consumer: "c"}},
			gone},
		"stream deleted": {0, &catalog.DeleteStream{Ref: testRef, WithConsumers: true},
			"ResourceNotFoundException: Stream orders under account 000000000000 not found."},
		"stream going": {time.Minute, &catalog.DeleteStream{Ref: testRef, WithConsumers: true},
			"ResourceNotFoundException: Stream orders under account 000000000000 not found."},
	} {
		t.Run(name, func(t *testing.T) {
			r := newSubscriptionRig(t, 1, rigOptions{})
			r.stateDelay = c.delay
			u := r.subscribe("0", latest)
			got := u.begin()
			r.waiting()
			r.change(c.cmd)
			wantError(t, r.outcome(got).err, c.want)
			u.wantEnd(c.want)
		})
	}
}

// The end of a shard comes with its last records, or alone, and with the
// children, which can be followed.
func TestSubscribeToTheEnd(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	u := r.subscribe("0", latest)
	got := u.begin()
	r.waiting()
	r.split(0, "1000")
	e := r.outcome(got)
	if e.err != nil || len(e.Records) != 0 || !e.ContinuationSequenceNumber.IsZero() || children(e) != "1<0 2<0" {
		t.Errorf("at the end: %+v", e)
	}
	u.wantEnd("")

	r.put("0", "left")
	r.put("1000", "right")
	r.merge(1, 2)
	for shard, data := range map[string]string{"1": "left", "2": "right"} {
		u := r.subscribe(shard, horizon)
		if e := u.wantNext(data); !e.ContinuationSequenceNumber.IsZero() || children(e) != "3<1<2" {
			t.Errorf("last records: %+v", e)
		}
		u.wantEnd("")
	}
	// No place is kept by what has ended, and a closed shard is at its end.
	u = r.subscribe("0", latest)
	if e := u.next(); children(e) != "1<0 2<0" {
		t.Errorf("a closed shard's latest: %+v", e)
	}
	u.wantEnd("")
}

// children spells child shards and their parents.
func children(e event) string {
	var list []string
	for _, c := range e.ChildShards {
		text := strings.TrimLeft(strings.TrimPrefix(*c.ShardId, "shardId-"), "0")
		for _, p := range c.ParentShards {
			text += "<" + p[len(p)-1:]
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func TestEventBounds(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	r.change(&catalog.SetMaxRecordSize{Ref: testRef, KiB: 2048})
	sizes := func(u subscription, maxBytes int) (sizes []int) {
		t.Helper()
		for {
			var e event
			if e.err = u.Next(r.ctx, maxBytes, &e.Page); e.err != nil {
				t.Fatal(e.err)
			}
			sizes = append(sizes, len(e.Records))
			if e.MillisBehindLatest == 0 {
				return sizes
			}
		}
	}
	put := func(n, bytes int) string {
		t.Helper()
		before, _ := r.log.Bounds(storage.ShardKey{Stream: r.orders().ID})
		for range n {
			r.put("0", strings.Repeat("x", bytes-1)) // the key has 1
		}
		r.clock.Advance(time.Millisecond)
		sh, _ := r.orders().Shard(0)
		return sh.SequenceNumber(before.Next-1, before.LastMillis).String()
	}
	r.put("0", "first")
	check := func(start string, maxBytes int, want ...int) {
		t.Helper()
		u := r.subscribe("0", after(start))
		defer u.Close()
		if got := sizes(u, maxBytes); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("events of %v records, want %v", got, want)
		}
	}
	start := put(5, 512<<10)
	check(start, plenty, 2, 2, 1)
	check(start, 512<<10, 1, 1, 1, 1, 1)
	check(start, 1, 1, 1, 1, 1, 1)
	start = put(2, 2<<20) // larger than an event, alone in one
	check(start, plenty, 1, 1)
	start = put(12_000, 2)
	check(start, plenty, 10_000, 2_000)
	check(start, 600_000, 6_000, 6_000)
}

// MillisBehindLatest is the age of the record that comes next.
func TestMillisBehind(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	for _, data := range []string{"a", "b", "c"} {
		r.put("0", data)
		r.clock.Advance(time.Minute)
	}
	u := r.subscribe("0", horizon)
	for _, want := range []int64{120_000, 60_000, 0} {
		var e event
		if err := u.Next(r.ctx, 1, &e.Page); err != nil || e.MillisBehindLatest != want {
			t.Errorf("%d ms behind, want %d (%v)", e.MillisBehindLatest, want, err)
		}
	}
}

// What is past retention is passed over, without an event of its own.
func TestSubscribeAfterRetention(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	r.put("0", "old")
	u := r.subscribe("0", horizon)
	r.clock.Advance(24*time.Hour + time.Millisecond)
	u.wantEnd("") // of old age itself
	u = r.subscribe("0", horizon)
	got := u.begin()
	r.waiting()
	r.put("0", "new")
	if e := r.outcome(got); e.data() != "new" {
		t.Errorf("event %q, %v", e.data(), e.err)
	}
}

// Under the limits of AWS a consumer gets 2 MiB a second of a shard, whether by
// one subscription or by several.
func TestPushThrottled(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	for range 12 {
		r.put("0", strings.Repeat("x", 512<<10-1))
	}
	r.change(&catalog.AddTags{Ref: testRef, Tags: map[string]string{catalog.LimitsTag: "aws"}})
	u := r.subscribe("0", horizon)
	for range 2 { // a second's worth
		if e := u.next(); len(e.Records) != 2 {
			t.Fatalf("%d records", len(e.Records))
		}
	}
	for range 4 { // half a second for each MiB
		got := u.begin()
		r.throttled(u)
		r.clock.Advance(499 * time.Millisecond)
		r.pending(got)
		r.clock.Advance(2 * time.Millisecond)
		if e := r.outcome(got); len(e.Records) != 2 {
			t.Fatalf("%d records", len(e.Records))
		}
	}
	last := u.continuationOf(r.orders())
	r.clock.Advance(takeoverAge) // the slot has paid by now
	u2 := r.subscribe("0", after(last))
	u.wantEnd(inUse)
	r.put("0", "small")
	u2.wantNext("small")
}

// throttled waits until the subscription waits for its turn, about half a
// second: the clock then has an alarm for that.
func (r *subscriptionRig) throttled(u subscription) {
	r.t.Helper()
	turn := r.clock.Now().Add(r.subscriptions.debt(u.Subscription, r.clock.Now()))
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); runtime.Gosched() {
		r.clock.mu.Lock()
		for _, due := range r.clock.alarms {
			if due.Equal(turn) {
				r.clock.mu.Unlock()
				return
			}
		}
		r.clock.mu.Unlock()
	}
	r.t.Fatal("nobody waits for the clock")
}

func (u subscription) continuationOf(x *catalog.Stream) string {
	sh, _ := x.Shard(0)
	return u.continuation(sh).String()
}

func TestEndSubscriptions(t *testing.T) {
	r := newSubscriptionRig(t, 2, rigOptions{})
	u := r.subscribe("0", latest)
	got := u.begin()
	r.waiting()
	r.EndSubscriptions()
	if e := r.outcome(got); e.err == nil || e.err.Error() != "EOF" {
		t.Errorf("ended by %v", e.err)
	}
	r.subscribe("1", latest).wantEnd("")
}

// A subscriber that goes away while it waits ends nothing but its wait.
func TestSubscriberGoesAway(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	u := r.subscribe("0", latest)
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan error, 2)
	go func() {
		var e event
		done <- u.Wait(ctx)
		done <- u.Next(ctx, plenty, &e.Page)
	}()
	r.waiting()
	cancel()
	for range 2 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	r.put("0", "a")
	if err := u.Wait(r.ctx); err != nil {
		t.Error(err)
	}
	u.wantNext("a")
	u.Close()
	u.Close()
	if n := len(r.subscriptions.mu.slots) + len(r.subscriptions.mu.alarms); n != 0 {
		t.Errorf("%d traces of a closed subscription", n)
	}
}

// unreadableLog fails to read when it is told to.
type unreadableLog struct {
	storage.Log
	broken bool
}

func (l *unreadableLog) Read(ctx context.Context, req storage.ReadRequest, res *storage.ReadResult) error {
	if l.broken {
		return errTest
	}
	return l.Log.Read(ctx, req, res)
}

// A failure is not told as an API error, so that its cause stays inside.
func TestSubscriptionFails(t *testing.T) {
	log := &unreadableLog{}
	r := newSubscriptionRig(t, 1, rigOptions{wrap: func(l storage.Log) storage.Log { log.Log = l; return log }})
	u := r.subscribe("0", horizon)
	log.broken = true
	e := r.outcome(u.begin())
	var told *api.Error
	if !errors.Is(e.err, errTest) || errors.As(e.err, &told) {
		t.Errorf("failed with %v", e.err)
	}
}

// Subscriptions that were begun and dropped leave nothing behind, under limits
// nothing for longer than five seconds.
func TestSubscriptionsLeaveNothing(t *testing.T) {
	r := newSubscriptionRig(t, 1, rigOptions{})
	for range 5_000 {
		u, err := r.Subscribe(r.ctx, &kinesis.SubscribeToShardInput{
			ConsumerARN: aws.String(consumerARN), ShardId: aws.String("0"), StartingPosition: &latest,
		})
		ok(t, err)
		u.Close()
	}
	s := r.subscriptions
	if n := len(s.mu.slots) + len(s.mu.alarms); n != 0 {
		t.Errorf("%d traces", n)
	}
	now := r.clock.Now()
	for i := range uint64(10 * minSweep) {
		now = now.Add(takeoverAge / minSweep)
		u := &Subscription{service: r.Service, key: subscriptionKey{consumer: i}}
		ok(t, s.begin(u, now, true))
		s.end(u)
	}
	if n := len(s.mu.slots); n > 3*minSweep {
		t.Errorf("%d slots", n)
	}
	if n := len(s.mu.alarms); n != 0 {
		t.Errorf("%d alarms", n)
	}
}

// A consumer and its place in a shard outlive the server.
func TestSubscribeAfterRestart(t *testing.T) {
	dir, clock := t.TempDir(), &frozenClock{now: time.UnixMilli(1700000000500)}
	r := server(t, dir, clock)
	r.Start()
	r.create(testRef.Name, 1)
	r.lapse(types.StreamStatusActive)
	arn := r.register("c")
	clock.Advance(time.Second)
	r.await("an ACTIVE consumer", func() bool {
		c, _ := r.orders().Consumer("c")
		return c.Status == types.ConsumerStatusActive
	})
	r.put("0", "before")
	in := &kinesis.SubscribeToShardInput{ConsumerARN: &arn, ShardId: aws.String("0"), StartingPosition: &horizon}
	u, err := r.Subscribe(r.ctx, in)
	ok(t, err)
	last := subscription{u, r}.wantNext("before").ContinuationSequenceNumber
	r.stop()
	subscription{u, r}.wantEnd("")

	r = server(t, dir, clock)
	r.Start()
	defer r.stop()
	p := after(last.String())
	in.StartingPosition = &p
	u, err = r.Subscribe(r.ctx, in)
	ok(t, err)
	got := subscription{u, r}.begin()
	r.put("0", "after")
	if e := r.outcome(got); e.data() != "after" {
		t.Errorf("event %q, %v", e.data(), e.err)
	}
}

// A follower that goes on where the last subscription left off gets every
// record once and in order, while others write, time passes and its
// subscriptions end in every way.
func TestFollowerLosesNothing(t *testing.T) {
	const records = 3_000
	r := newSubscriptionRig(t, 1, rigOptions{})
	go func() {
		for range r.waits { // ends with the test
		}
	}()
	defer close(r.waits)
	ctx, cancel := context.WithTimeout(r.ctx, 5*patience)
	defer cancel()
	// read counts the follower's records: the writer waits for it now and then,
	// or it might be done before there is a subscription to end.
	var read atomic.Int64
	var others sync.WaitGroup
	others.Go(func() {
		for i := range records {
			for read.Load() < int64(i-200) && ctx.Err() == nil {
				runtime.Gosched()
			}
			_, err := r.PutRecord(ctx, &kinesis.PutRecordInput{
				StreamName: &testRef.Name, PartitionKey: aws.String("k"), Data: fmt.Appendf(nil, "%d,", i),
			})
			if err != nil {
				t.Error(err)
				return
			}
			if i%10 == 0 {
				r.clock.Advance(time.Second)
			}
			if i%100 == 0 {
				u, err := r.trySubscribe("0", latest) // takes the place, and drops it
				if err == nil {
					u.Close()
				}
			}
		}
	})
	var got, want strings.Builder
	for i := range records {
		fmt.Fprintf(&want, "%d,", i)
	}
	at, ends := horizon, 0
	for got.Len() < want.Len() && ctx.Err() == nil {
		u, err := r.trySubscribe("0", at)
		if err != nil {
			if err.Error() != inUse {
				t.Fatal(err)
			}
			continue
		}
		for got.Len() < want.Len() {
			var e event
			if e.err = u.Next(ctx, 2_000, &e.Page); e.err != nil {
				ends++
				break
			}
			got.WriteString(e.data())
			read.Add(int64(len(e.Records)))
			at = after(e.ContinuationSequenceNumber.String())
		}
		u.Close()
	}
	others.Wait()
	if got.String() != want.String() {
		t.Errorf("got %d bytes, want %d", got.Len(), want.Len())
	}
	if ends == 0 {
		t.Error("no subscription ended on the way")
	}
}
