package wire_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/fxamacker/cbor/v2"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/stream"
	"github.com/leat-io/leat/wire"
)

// subscriber is a service whose one subscription gives what a test feeds it.
type subscriber struct {
	events chan any // *kinesisapi.Page, error, or a string to panic with
	asked  chan int // the maxBytes of each Next
	open   atomic.Int32
}

func newSubscriber() *subscriber {
	return &subscriber{events: make(chan any, 100), asked: make(chan int, 100)}
}

func (s *subscriber) subscribe(_ context.Context, in *kinesis.SubscribeToShardInput) (*fakeSubscription, error) {
	if *in.ShardId == "taken" {
		return nil, api.Errorf(kinesisapi.ResourceInUse, "Another active subscription exists.")
	}
	s.open.Add(1)
	return &fakeSubscription{subscriber: s}, nil
}

func (s *subscriber) service() wire.Service {
	return wire.Service{API: kinesisapi.Service, Handlers: map[string]api.Handler{
		"SubscribeToShard": api.Handle(s.subscribe),
	}}
}

// serve starts a server of s.
func (s *subscriber) serve(t testing.TB, o wire.Options) string {
	t.Helper()
	o.Services, o.AllowUnsigned = []wire.Service{s.service()}, true
	return serve(t, wire.New(o))
}

type fakeSubscription struct {
	*subscriber
	next any
}

func (s *fakeSubscription) Wait(ctx context.Context) error {
	if s.next != nil {
		return nil
	}
	select {
	case s.next = <-s.events:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *fakeSubscription) Next(ctx context.Context, maxBytes int, p *kinesisapi.Page) error {
	select {
	case s.asked <- maxBytes:
	default: // the test does not look
	}
	if err := s.Wait(ctx); err != nil {
		return err
	}
	next := s.next
	s.next = nil
	switch e := next.(type) {
	case *kinesisapi.Page:
		records := append(p.Records[:0], e.Records...)
		*p = *e
		p.Records = records
		return nil
	case error:
		return e
	case func() error: // a Next that takes its time
		return e()
	}
	panic(next)
}

func (s *fakeSubscription) Close() { s.open.Add(-1) }

const consumerARN = "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1700000000"

const subscribeBody = `{"ConsumerARN":"` + consumerARN + `","ShardId":"0","StartingPosition":{"Type":"LATEST"}}`

// subscribeCall is a call of SubscribeToShard over HTTP/1.1.
var subscribeCall = strings.Replace(head(fmt.Sprintf("Content-Length: %d", len(subscribeBody)))+subscribeBody, "PutRecord", "SubscribeToShard", 1)

func number(index uint64) stream.SequenceNumber {
	return stream.SequenceParts{CreateSeconds: 1700000000, Seconds: 1700000001, Index: index}.Number()
}

// onePage is an event with a record of so many bytes.
func onePage(bytes int) *kinesisapi.Page {
	return &kinesisapi.Page{
		Records: []kinesisapi.PageRecord{{
			Data: []byte(strings.Repeat("x", bytes)), PartitionKey: []byte("k"), SequenceNumber: number(1), ArrivalMillis: 1700000001123,
		}},
		ContinuationSequenceNumber: number(1), MillisBehindLatest: 7,
	}
}

var lastPage = &kinesisapi.Page{ChildShards: []types.ChildShard{{
	ShardId: aws.String("shardId-000000000001"), ParentShards: []string{"shardId-000000000000"},
	HashKeyRange: &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("9")},
}}}

// message reads the next message, and fails the test at the end.
func message(t testing.TB, r io.Reader) eventstream.Message {
	t.Helper()
	m, err := eventstream.NewDecoder().Decode(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// spell returns the headers and the payload of a message.
func spell(m eventstream.Message) string {
	var b strings.Builder
	for _, h := range m.Headers {
		fmt.Fprintf(&b, "%s=%s ", h.Name, h.Value)
	}
	return b.String() + string(m.Payload)
}

// TestSubscribeAnswer has an answer to the letter.
func TestSubscribeAnswer(t *testing.T) {
	s := newSubscriber()
	resp := exchange(t, dial(t, s.serve(t, wire.Options{})), subscribeCall)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/vnd.amazon.eventstream" ||
		fmt.Sprint(resp.TransferEncoding) != "[chunked]" || resp.Header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("answered %+v", resp)
	}
	// The initial response is there before there is any event: the vector of
	// spec data-streams §18.
	initial := make([]byte, 104)
	if _, err := io.ReadFull(resp.Body, initial); err != nil {
		t.Fatal(err)
	}
	want := "00000068000000564e6817240b3a6576656e742d74797065070010696e697469616c2d726573706f6e7365" +
		"0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070005" +
		"6576656e747b7dd591c62b"
	if got := hex.EncodeToString(initial); got != want {
		t.Errorf("initial response\n     %s\nwant %s", got, want)
	}
	const event = ":event-type=SubscribeToShardEvent :content-type=application/json :message-type=event "
	for _, c := range []struct {
		event any
		want  string
	}{
		{onePage(2), event + `{"ContinuationSequenceNumber":"` + number(1).String() + `","MillisBehindLatest":7,"Records":[` +
			`{"ApproximateArrivalTimestamp":1700000001.123,"Data":"eHg=","PartitionKey":"k","SequenceNumber":"` + number(1).String() + `"}]}`},
		{&kinesisapi.Page{ContinuationSequenceNumber: number(1)}, event +
			`{"ContinuationSequenceNumber":"` + number(1).String() + `","MillisBehindLatest":0,"Records":[]}`},
		{lastPage, event + `{"MillisBehindLatest":0,"ChildShards":[{"HashKeyRange":{"EndingHashKey":"9","StartingHashKey":"0"},` +
			`"ParentShards":["shardId-000000000000"],"ShardId":"shardId-000000000001"}],"Records":[]}`},
	} {
		s.events <- c.event
		if got := spell(message(t, resp.Body)); got != c.want {
			t.Errorf("message\n     %s\nwant %s", got, c.want)
		}
	}
	s.events <- io.EOF
	if rest, err := io.ReadAll(resp.Body); len(rest) != 0 || err != nil {
		t.Errorf("after the end: %q, %v", rest, err)
	}
	waitFor(t, "the end", func() bool { return s.open.Load() == 0 })
}

func TestSubscribeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		want   string
		logged string
	}{
		"told": {api.Errorf(kinesisapi.ResourceInUse, "Another active subscription exists."),
			":exception-type=ResourceInUseException :content-type=application/json :message-type=exception " +
				`{"message":"Another active subscription exists."}`, ""},
		"failure": {errors.New("disk 3 is on fire"),
			":exception-type=InternalFailureException :content-type=application/json :message-type=exception " +
				`{"message":"Internal service failure."}`, "disk 3 is on fire"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := newSubscriber()
			resp := exchange(t, dial(t, s.serve(t, wire.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})), subscribeCall)
			s.events <- c.err
			message(t, resp.Body) // initial
			if got := spell(message(t, resp.Body)); got != c.want {
				t.Errorf("message\n     %s\nwant %s", got, c.want)
			}
			if rest, err := io.ReadAll(resp.Body); len(rest) != 0 || err != nil {
				t.Errorf("after the exception: %q, %v", rest, err)
			}
			waitFor(t, "the end", func() bool { return s.open.Load() == 0 })
			if got := log.String(); !strings.Contains(got, c.logged) || (got == "") != (c.logged == "") {
				t.Errorf("logged %q", got)
			}
		})
	}

	// Before the stream begins an error is an ordinary answer.
	s := newSubscriber()
	c := client(t, s.serve(t, wire.Options{}), "123456789012", "x")
	_, err := c.SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{
		ConsumerARN: aws.String(consumerARN), ShardId: aws.String("taken"), StartingPosition: &types.StartingPosition{Type: "LATEST"},
	})
	if got := outcome(err); got != "ResourceInUseException: Another active subscription exists." {
		t.Error(got)
	}
}

// Events come in the coding of the request.
func TestSubscribeCBOR(t *testing.T) {
	body, err := cbor.Marshal(map[string]any{"ConsumerARN": consumerARN, "ShardId": "0", "StartingPosition": map[string]any{"Type": "LATEST"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		head, eventType string
		arrival         time.Time
	}{
		"AWS": {strings.Replace(strings.Replace(head(fmt.Sprintf("Content-Length: %d", len(body))), "PutRecord", "SubscribeToShard", 1), jsonType, cborType, 1),
			cborType, time.Unix(1700000001123, 0)},
		"RPC": {"POST /service/Kinesis_20131202/operation/SubscribeToShard HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor\r\n" +
			"Smithy-Protocol: rpc-v2-cbor\r\n" + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)),
			"application/cbor", time.UnixMilli(1700000001123)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSubscriber()
			resp := exchange(t, dial(t, s.serve(t, wire.Options{})), c.head+string(body))
			if name == "RPC" && resp.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
				t.Errorf("headers %v", resp.Header)
			}
			for _, e := range []any{onePage(2), lastPage, api.Errorf(kinesisapi.ResourceInUse, "no")} {
				s.events <- e
			}
			var payloads []map[string]any
			for range 4 {
				m := message(t, resp.Body)
				if got := m.Headers.Get(":content-type").String(); got != c.eventType {
					t.Errorf("content type %s", got)
				}
				var payload map[string]any
				if err := cbor.Unmarshal(m.Payload, &payload); err != nil {
					t.Fatal(err)
				}
				payloads = append(payloads, payload)
			}
			if len(payloads[0]) != 0 {
				t.Errorf("initial response %v", payloads[0])
			}
			record := payloads[1]["Records"].([]any)[0].(map[any]any)
			if string(record["Data"].([]byte)) != "xx" || record["SequenceNumber"] != number(1).String() ||
				payloads[1]["ContinuationSequenceNumber"] != number(1).String() || payloads[1]["MillisBehindLatest"] != uint64(7) {
				t.Errorf("event %v", payloads[1])
			}
			if got := record["ApproximateArrivalTimestamp"].(time.Time); got.Sub(c.arrival).Abs() > time.Microsecond {
				t.Errorf("arrival %v", got) // a tag 1, which that decoder takes for seconds
			}
			if _, there := payloads[2]["ContinuationSequenceNumber"]; there || len(payloads[2]["ChildShards"].([]any)) != 1 {
				t.Errorf("last event %v", payloads[2])
			}
			if fmt.Sprint(payloads[3]) != "map[message:no]" {
				t.Errorf("exception %v", payloads[3])
			}
		})
	}
}

// A subscriber that goes away is noticed while nothing is to be sent.
func TestSubscriberGoesAway(t *testing.T) {
	s := newSubscriber()
	conn := dial(t, s.serve(t, wire.Options{}))
	exchange(t, conn, subscribeCall)
	conn.Close()
	waitFor(t, "the end", func() bool { return s.open.Load() == 0 })
}

// A subscriber that takes nothing is cut off.
func TestStuckSubscriber(t *testing.T) {
	s := newSubscriber()
	addr := s.serve(t, wire.Options{PushTimeout: 50 * time.Millisecond})
	exchange(t, dial(t, addr), subscribeCall)
	for range 50 { // more than the buffers between them hold
		s.events <- onePage(1 << 20)
	}
	waitFor(t, "the end", func() bool { return s.open.Load() == 0 })
}

// A subscriber that takes its events may stay for as long as it likes. One that a
// slow machine holds up for longer than the timeout may not, so that is given
// more if need be.
func TestLongSubscription(t *testing.T) {
	for _, h2c := range []bool{false, true} {
		timeout := 50 * time.Millisecond
		for err := lastBeyond(t, timeout, h2c); err != nil; err = lastBeyond(t, timeout, h2c) {
			if timeout *= 4; timeout > patience {
				t.Fatalf("HTTP/2 %t: a subscription does not outlast its timeout: %v", h2c, err)
			}
		}
	}
}

// lastBeyond holds a subscription for twice the timeout of a single event.
func lastBeyond(t *testing.T, timeout time.Duration, h2c bool) error {
	s := newSubscriber()
	addr := s.serve(t, wire.Options{PushTimeout: timeout})
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!h2c)
	protocols.SetUnencryptedHTTP2(h2c)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr, strings.NewReader(subscribeBody))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", jsonType)
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.SubscribeToShard")
	client := &http.Client{Transport: transport, Timeout: 2*timeout + patience}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	decoder := eventstream.NewDecoder()
	if _, err := decoder.Decode(resp.Body, nil); err != nil {
		return err
	}
	for begun := time.Now(); time.Since(begun) < 2*timeout; {
		s.events <- onePage(1)
		if _, err := decoder.Decode(resp.Body, nil); err != nil {
			return err
		}
	}
	s.events <- io.EOF
	if rest, err := io.ReadAll(resp.Body); len(rest) != 0 || err != nil {
		return fmt.Errorf("after the end: %q, %v", rest, err)
	}
	return nil
}

// When the memory of pages is taken, events are small and come all the same.
func TestSubscribeWithoutMemory(t *testing.T) {
	s := newSubscriber()
	addr := s.serve(t, wire.Options{PageMemoryBytes: 1}) // 32 MiB
	next := make(chan struct{})
	slow := func() error { <-next; return io.EOF }
	for range 8 {
		s.events <- slow
		exchange(t, dial(t, addr), subscribeCall)
		if n := receive(t, "the next", s.asked); n != 1<<20 {
			t.Fatalf("asked for %d bytes", n)
		}
	}
	resp := exchange(t, dial(t, addr), subscribeCall)
	message(t, resp.Body)
	s.events <- onePage(10)
	if n := receive(t, "the next", s.asked); n > 64<<10 {
		t.Errorf("asked for %d bytes with no memory left", n)
	}
	message(t, resp.Body)
	close(next)
	waitFor(t, "the others' end", func() bool { return s.open.Load() == 1 })
	s.events <- onePage(10)
	if n := receive(t, "the next", s.asked); n != 1<<20 {
		t.Errorf("asked for %d bytes with memory free", n)
	}
	s.events <- io.EOF
}

// A request's body is not kept for as long as the subscription lasts.
func TestSubscribeGivesBodyBack(t *testing.T) {
	s := newSubscriber()
	addr := s.serve(t, wire.Options{BodyMemoryBytes: 1, MemoryWait: time.Millisecond}) // 32 MiB: 2,048 bodies
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: 2 * patience}
	for i := range 2_100 {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr, strings.NewReader(subscribeBody))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", jsonType)
		r.Header.Set("X-Amz-Target", "Kinesis_20131202.SubscribeToShard")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Fatalf("subscription %d: %s", i, resp.Status)
		}
	}
}

// A fault that comes after the subscription was begun ends it.
func TestSubscribeWithFaults(t *testing.T) {
	for _, kind := range []string{"fail-after", "drop-after"} {
		rule, err := fault.Parse("SubscribeToShard:" + kind)
		if err != nil {
			t.Fatal(err)
		}
		injector := new(fault.Injector)
		if _, err := injector.Add(rule); err != nil {
			t.Fatal(err)
		}
		s := newSubscriber()
		c := client(t, s.serve(t, wire.Options{Faults: injector}), "123456789012", "x")
		_, err = c.SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{
			ConsumerARN: aws.String(consumerARN), ShardId: aws.String("0"), StartingPosition: &types.StartingPosition{Type: "LATEST"},
		})
		if err == nil {
			t.Errorf("%s: no error", kind)
		}
		waitFor(t, "the end", func() bool { return s.open.Load() == 0 })
	}
}

// A mistake breaks one subscription and nothing else.
func TestSubscriptionPanics(t *testing.T) {
	s := newSubscriber()
	addr := s.serve(t, wire.Options{})
	resp := exchange(t, dial(t, addr), subscribeCall)
	s.events <- "BUG: a test"
	message(t, resp.Body)
	if _, err := eventstream.NewDecoder().Decode(resp.Body, nil); err == nil {
		t.Error("another message")
	}
	waitFor(t, "the end", func() bool { return s.open.Load() == 0 })
}
