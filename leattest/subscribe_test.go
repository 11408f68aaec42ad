package leattest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

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
		o.Retryer, o.HTTPClient = aws.NopRetryer{}, &http.Client{Transport: transport}
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

func trySubscribe(ctx context.Context, client *kinesis.Client, consumer *string, shard string, from types.StartingPosition) (*kinesis.SubscribeToShardEventStream, error) {
	out, err := client.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
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

// patience is how long a test waits for what comes at once.
const patience = 20 * time.Second

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

var _ = errors.New
var _ = fmt.Sprint
var _ net.Addr
