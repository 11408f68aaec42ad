package leattest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/leattest"
)

// transports are the ways in which the SDK may subscribe.
var transports = map[string]func(testing.TB) *http.Transport{
	"HTTP/1.1": func(testing.TB) *http.Transport { return &http.Transport{} },
	"h2c":      func(testing.TB) *http.Transport { return h2c() },
}

// h2c speaks HTTP/2 without TLS, on one connection as long as that takes more.
func h2c() *http.Transport {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return &http.Transport{Protocols: p, TLSClientConfig: &tls.Config{}}
}

// clientOver returns a client that does not try again, over the transport.
func clientOver(t testing.TB, srv *leattest.Server, transport *http.Transport) *kinesis.Client {
	t.Helper()
	t.Cleanup(transport.CloseIdleConnections)
	return kinesis.NewFromConfig(srv.AWSConfig(), func(o *kinesis.Options) {
		o.Retryer, o.HTTPClient = aws.NopRetryer{}, sdkhttp.Wrap(&http.Client{Transport: transport})
	})
}

// register registers a consumer of the stream orders and returns its ARN.
func register(t testing.TB, client *kinesis.Client, name string) *string {
	t.Helper()
	out, err := client.RegisterStreamConsumer(t.Context(), &kinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/orders"), ConsumerName: &name,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Consumer.ConsumerARN
}

// subscribe begins a subscription, which ends with the test.
func subscribe(t testing.TB, client *kinesis.Client, consumer *string, shard string, from types.StartingPosition) *kinesis.SubscribeToShardEventStream {
	t.Helper()
	stream, err := trySubscribe(t.Context(), client, consumer, shard, from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stream.Close() })
	return stream
}

// trySubscribe subscribes with a copy of the client: smithy-go 1.28.8 has one
// decoder of events for a client, whose subscriptions race for it.
func trySubscribe(ctx context.Context, client *kinesis.Client, consumer *string, shard string, from types.StartingPosition) (*kinesis.SubscribeToShardEventStream, error) {
	out, err := kinesis.New(client.Options()).SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: consumer, ShardId: &shard, StartingPosition: &from,
	})
	if err != nil {
		return nil, err
	}
	return out.GetStream(), nil
}

const shard0 = "shardId-000000000000"

var (
	latest  = types.StartingPosition{Type: types.ShardIteratorTypeLatest}
	horizon = types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}
)

func after(sequenceNumber *string) types.StartingPosition {
	return types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: sequenceNumber}
}

// patience is how long a test waits for what comes at once, however slow the
// machine.
const patience = time.Minute

// next returns the next event, nil at the end.
func next(t testing.TB, s *kinesis.SubscribeToShardEventStream) *types.SubscribeToShardEvent {
	t.Helper()
	select {
	case e := <-s.Events():
		if e == nil {
			return nil
		}
		return &e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
	case <-time.After(patience):
		t.Fatal("no event")
		return nil
	}
}

func dataOf(e *types.SubscribeToShardEvent) string {
	var b strings.Builder
	for _, r := range e.Records {
		b.Write(r.Data)
	}
	return b.String()
}

// end expects the end of the stream, with an error of the code, "" for none.
func end(t testing.TB, s *kinesis.SubscribeToShardEventStream, want string) {
	t.Helper()
	if e := next(t, s); e != nil {
		t.Errorf("an event with %q instead of the end", dataOf(e))
	}
	got := ""
	if err := s.Err(); err != nil {
		got = code(err)
	}
	if got != want {
		t.Errorf("ended with %q, want %q", got, want)
	}
}

func TestSubscribe(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			srv := leattest.New(t, leattest.Stream("orders", 1), leattest.OnDisk())
			client := clientOver(t, srv, transport(t))
			consumer := register(t, client, "c")
			s := subscribe(t, client, consumer, shard0, latest)
			for _, data := range []string{"one", "two"} {
				if err := put(t.Context(), client, data); err != nil {
					t.Fatal(err)
				}
				e := next(t, s)
				r := e.Records[0]
				if dataOf(e) != data || *r.PartitionKey != "k" || *e.ContinuationSequenceNumber != *r.SequenceNumber || *e.MillisBehindLatest != 0 {
					t.Errorf("event %+v", e)
				}
			}
			srv.Advance(5 * time.Second)
			if e := next(t, s); len(e.Records) != 0 || *e.MillisBehindLatest != 0 || len(*e.ContinuationSequenceNumber) != 56 {
				t.Errorf("silent: %+v", e)
			}
		})
	}
}

// A shard is followed to its end, and on into its children.
func TestSubscribeThroughReshards(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("orders", 1))
	client := once(srv)
	consumer := register(t, client, "c")
	s := subscribe(t, client, consumer, shard0, latest)
	if err := put(t.Context(), client, "parent"); err != nil {
		t.Fatal(err)
	}
	_, err := client.SplitShard(t.Context(), &kinesis.SplitShardInput{
		StreamName: aws.String("orders"), ShardToSplit: aws.String(shard0), NewStartingHashKey: aws.String("170141183460469231731687303715884105728"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), client, "child"); err != nil {
		t.Fatal(err)
	}
	got := ""
	var children []types.ChildShard
	for children == nil {
		e := next(t, s)
		got += dataOf(e)
		if (e.ContinuationSequenceNumber == nil) != (e.ChildShards != nil) {
			t.Fatalf("event %+v", e)
		}
		children = e.ChildShards
	}
	end(t, s, "")
	if len(children) != 2 || fmt.Sprint(children[0].ParentShards) != "["+shard0+"]" || *children[1].HashKeyRange.EndingHashKey == "" {
		t.Errorf("children %+v", children)
	}
	for _, c := range children {
		s := subscribe(t, client, consumer, *c.ShardId, horizon)
		srv.Advance(5 * time.Second) // one of them has nothing to say
		got += dataOf(next(t, s))
	}
	if got != "parentchild" {
		t.Errorf("got %q", got)
	}
}

// A subscription ends after five minutes, and the next one goes on where it
// was, with nothing lost and nothing twice.
func TestRenewSubscription(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			srv := leattest.New(t, leattest.Stream("orders", 1))
			client := clientOver(t, srv, transport(t))
			consumer := register(t, client, "c")
			s := subscribe(t, client, consumer, shard0, latest)
			var got, want string
			var last *string
			for i := range 3 {
				for _, data := range []string{"a", "b"} {
					want += fmt.Sprint(data, i)
					if err := put(t.Context(), client, fmt.Sprint(data, i)); err != nil {
						t.Fatal(err)
					}
				}
				for len(got) < len(want) {
					e := next(t, s)
					got += dataOf(e)
					last = e.ContinuationSequenceNumber
				}
				srv.Advance(5 * time.Minute)
				end(t, s, "")
				want += "-"
				if err := put(t.Context(), client, "-"); err != nil {
					t.Fatal(err)
				}
				s = subscribe(t, client, consumer, shard0, after(last))
			}
			for len(got) < len(want) {
				got += dataOf(next(t, s))
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestSubscribeTakeover(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			srv := leattest.New(t, leattest.Stream("orders", 1))
			client := clientOver(t, srv, transport(t))
			consumer := register(t, client, "c")
			old := subscribe(t, client, consumer, shard0, latest)
			_, err := trySubscribe(t.Context(), client, consumer, shard0, latest)
			var inUse *types.ResourceInUseException
			if !errors.As(err, &inUse) || *inUse.Message != "Another active subscription exists for this consumer: 000000000000:orders:"+shard0+":c" {
				t.Errorf("second: %v", err)
			}
			srv.Advance(5 * time.Second)
			young := subscribe(t, client, consumer, shard0, latest)
			for { // its silence may have been over just before
				e := next(t, old)
				if e == nil {
					break
				}
			}
			if !errors.As(old.Err(), &inUse) {
				t.Errorf("the old one ended with %v", old.Err())
			}
			if err := put(t.Context(), client, "a"); err != nil {
				t.Fatal(err)
			}
			if got := dataOf(next(t, young)); got != "a" {
				t.Errorf("the new one got %q", got)
			}
		})
	}
}

func TestDeregisterSubscriber(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			srv := leattest.New(t, leattest.Stream("orders", 1))
			client := clientOver(t, srv, transport(t))
			consumer := register(t, client, "c")
			s := subscribe(t, client, consumer, shard0, latest)
			_, err := client.DeregisterStreamConsumer(t.Context(), &kinesis.DeregisterStreamConsumerInput{ConsumerARN: consumer})
			if err != nil {
				t.Fatal(err)
			}
			end(t, s, "ResourceNotFoundException")
			if _, err := trySubscribe(t.Context(), client, consumer, shard0, latest); code(err) != "ResourceNotFoundException" {
				t.Errorf("once more: %v", err)
			}
		})
	}
}

// Closing the server ends subscriptions at once, and well.
func TestCloseWithSubscribers(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			srv, err := leattest.Start(leattest.Stream("orders", 1))
			if err != nil {
				t.Fatal(err)
			}
			client := clientOver(t, srv, transport(t))
			s := subscribe(t, client, register(t, client, "c"), shard0, latest)
			closed := make(chan error, 1)
			go func() { closed <- srv.Close() }()
			end(t, s, "")
			if err := <-closed; err != nil {
				t.Error(err)
			}
		})
	}
}

// Three hundred subscriptions share one HTTP/2 connection.
func TestManySubscribersOnOneConnection(t *testing.T) {
	const subscribers = 300
	srv := leattest.New(t, leattest.Stream("orders", 1))
	var dials atomic.Int32
	transport := h2c()
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	client := clientOver(t, srv, transport)
	streams := make([]*kinesis.SubscribeToShardEventStream, subscribers)
	for i := range streams {
		streams[i] = subscribe(t, client, register(t, client, fmt.Sprint("c", i)), shard0, latest)
	}
	for _, data := range []string{"a", "b"} {
		if err := put(t.Context(), client, data); err != nil {
			t.Fatal(err)
		}
		for i, s := range streams {
			got := ""
			for got == "" { // on a slow machine a silence comes to its end
				got = dataOf(next(t, s))
			}
			if got != data {
				t.Fatalf("subscriber %d got %q", i, got)
			}
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// A subscriber that takes nothing costs the others nothing, on a connection of
// its own or on theirs.
func TestSlowSubscriber(t *testing.T) {
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			srv := leattest.New(t, leattest.Stream("orders", 1))
			client := clientOver(t, srv, transport(t))
			good := subscribe(t, client, register(t, client, "good"), shard0, latest)
			slow := subscribe(t, client, register(t, client, "slow"), shard0, latest)
			large := strings.Repeat("x", 1<<20-1)
			for i := range 20 { // more than any buffer on the way holds
				if err := put(t.Context(), client, large); err != nil {
					t.Fatal(err)
				}
				if got := len(dataOf(next(t, good))); got != len(large) {
					t.Fatalf("record %d has %d bytes", i, got)
				}
			}
			// And it comes to its records when it wants to.
			for i := range 20 {
				if got := len(dataOf(next(t, slow))); got != len(large) {
					t.Fatalf("late record %d has %d bytes", i, got)
				}
			}
		})
	}
}

// TestSubscribeCycles begins and drops subscriptions, by default a few
// thousand, and checks that nothing grows.
func TestSubscribeCycles(t *testing.T) {
	cycles := 2_000
	if text := os.Getenv("LEAT_SUBSCRIBE_CYCLES"); text != "" {
		var err error
		if cycles, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for name, transport := range transports {
		t.Run(name, func(t *testing.T) {
			srv := leattest.New(t, leattest.Stream("orders", 1))
			idle := transport(t)
			client := clientOver(t, srv, idle)
			consumer := register(t, client, "c")
			const warm = 200
			cycle(t, client, consumer, warm)
			goroutines, heap := settled(idle), heapBytes()
			cycle(t, client, consumer, cycles/len(transports))
			awaitGoroutines(t, idle, goroutines)
			if grown := heapBytes() - heap; grown > 4<<20 {
				t.Errorf("the heap grew by %d bytes", grown)
			}
		})
	}
}

// cycle subscribes and drops the subscription, n times.
func cycle(t *testing.T, client *kinesis.Client, consumer *string, n int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for i := range n {
		ctx, cancel := context.WithCancel(t.Context())
		for {
			s, err := trySubscribe(ctx, client, consumer, shard0, latest)
			if err == nil {
				deadline = time.Now().Add(patience)
				if i%2 == 0 { // one way to drop it, and the other
					s.Close()
				}
				break
			}
			// The server notices a moment later that the last one was dropped.
			if code(err) != "ResourceInUseException" || time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
		cancel()
	}
}

// settled returns the number of goroutines once it has not fallen for a while. An
// idle connection has some, and is closed.
func settled(transport *http.Transport) int {
	least, at := runtime.NumGoroutine(), time.Now()
	for time.Since(at) < 300*time.Millisecond {
		transport.CloseIdleConnections()
		runtime.Gosched()
		if n := runtime.NumGoroutine(); n < least {
			least, at = n, time.Now()
		}
	}
	return least
}

// awaitGoroutines waits until there are no more than so many goroutines.
func awaitGoroutines(t *testing.T, transport *http.Transport, most int) {
	t.Helper()
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > most; runtime.Gosched() {
		transport.CloseIdleConnections()
		if time.Now().After(deadline) {
			t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), most)
			return
		}
	}
}

// heapBytes returns the bytes in use. What a pool keeps outlives one collection.
func heapBytes() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
