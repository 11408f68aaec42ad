package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/wire"
)

// dial opens a connection that the test closes, and that lasts for as long as
// the test's patience.
func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	extend(t, conn)
	return conn
}

// extend gives a connection patience anew.
func extend(t testing.TB, conn net.Conn) {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
}

// head returns the head of an HTTP/1.1 call of PutRecord; more are header
// lines.
func head(more ...string) string {
	return "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: " + jsonType + "\r\nX-Amz-Target: Kinesis_20131202.PutRecord\r\n" +
		strings.Join(append(more, ""), "\r\n") + "\r\n"
}

// exchange writes text and reads the response.
func exchange(t testing.TB, conn net.Conn, text string) *http.Response {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return readResponse(t, conn)
}

func readResponse(t testing.TB, conn net.Conn) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// wantServing checks that the server still answers others.
func wantServing(t testing.TB, addr string) {
	t.Helper()
	c := client(t, addr, "123456789012", "x")
	if _, err := c.ListStreams(t.Context(), &kinesis.ListStreamsInput{}); err != nil {
		t.Errorf("the server does not serve: %v", err)
	}
}

func TestGarbage(t *testing.T) {
	addr := serve(t, door(wire.Options{}))
	garbage := bytes.Repeat([]byte("{\"a\":[\x00\xff]}"), 15<<20/10)
	for _, body := range [][]byte{garbage, bytes.Repeat([]byte("["), 15<<20), []byte(`{"Records":[` + strings.Repeat(`{},`, 1<<18))} {
		conn := dial(t, addr)
		resp := exchange(t, conn, head(fmt.Sprintf("Content-Length: %d", len(body)))+string(body))
		if got := bodyOf(t, resp); resp.StatusCode != 400 || got != serialization {
			t.Errorf("got %d %s", resp.StatusCode, got)
		}
	}
	wantServing(t, addr)
}

func TestLargestBody(t *testing.T) {
	addr := serve(t, door(wire.Options{}))
	sized := func(n int) string { return `{"a":"` + strings.Repeat("x", n-8) + `"}` }
	if got := bodyOf(t, exchange(t, dial(t, addr), head("Content-Length: 16777216")+sized(16<<20))); got != missingToken {
		t.Errorf("16 MiB: %s", got)
	}
	for name, text := range map[string]string{
		"announced": head("Content-Length: 16777217"),
		"chunked":   head("Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 16<<20+1, sized(16<<20+1)),
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, addr)
			go func() { _, _ = io.WriteString(conn, text) }() // the server may stop reading
			resp := readResponse(t, conn)
			if got := bodyOf(t, resp); resp.StatusCode != 413 || got != "" || fmt.Sprint(resp.TransferEncoding) != "[chunked]" || resp.Header.Get("x-amzn-RequestId") != "" {
				t.Errorf("got %v %q", resp, got)
			}
		})
	}
	if got := bodyOf(t, exchange(t, dial(t, addr), head("Transfer-Encoding: chunked")+"2\r\n{}\r\n0\r\n\r\n")); got != missingToken {
		t.Errorf("chunked: %s", got)
	}
}

func TestTruncatedBody(t *testing.T) {
	addr := serve(t, door(wire.Options{}))
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, head("Content-Length: 100")+`{"Stream`); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := http.ReadResponse(bufio.NewReader(conn), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want a closed connection", err)
	}
	wantServing(t, addr)
}

func TestSlowBody(t *testing.T) {
	addr := serve(t, door(wire.Options{BodyGrace: 50 * time.Millisecond}))
	for name, sent := range map[string]string{"nothing": "", "a little": "{", "a lot": strings.Repeat(" ", 100_000)} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, addr)
			resp := exchange(t, conn, head("Content-Length: 1000000")+sent)
			if got := bodyOf(t, resp); resp.StatusCode != 408 || got != `{"__type":"RequestTimeoutException","message":"The body of the request did not arrive in time."}` {
				t.Errorf("got %d %s", resp.StatusCode, got)
			}
			if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the connection is open: %v", err)
			}
		})
	}
	wantServing(t, addr)
}

// TestTrickle sends often enough never to stall, but too slowly.
func TestTrickle(t *testing.T) {
	addr := serve(t, door(wire.Options{BodyGrace: 100 * time.Millisecond}))
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, head("Content-Length: 1000000")); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, _ = io.WriteString(conn, " ")
			case <-stop:
				return
			}
		}
	}()
	resp := readResponse(t, conn)
	close(stop)
	<-done
	if resp.StatusCode != 408 {
		t.Errorf("got %d", resp.StatusCode)
	}
}

// TestMemoryBudget checks that memory is taken as bytes arrive, not as they
// are announced; that a request which finds none is told to try again; and
// that memory comes back.
func TestMemoryBudget(t *testing.T) {
	m := new(wire.Metrics)
	// The least budget is 32 MiB.
	addr := serve(t, door(wire.Options{Metrics: m, BodyMemoryBytes: 1, MemoryWait: 20 * time.Millisecond, BodyGrace: 2 * patience}))
	for range 500 { // announce 8 GiB
		if _, err := io.WriteString(dial(t, addr), head("Content-Length: 16777216")+"{"); err != nil {
			t.Fatal(err)
		}
	}
	wantServing(t, addr)

	hog := dial(t, addr)
	if _, err := io.WriteString(hog, head("Content-Length: 16777216")+strings.Repeat(" ", 3<<20)); err != nil {
		t.Fatal(err)
	}
	refused := func() bool {
		body := strings.Repeat(" ", 3<<20-2) + "{}"
		resp := exchange(t, dial(t, addr), head(fmt.Sprintf("Content-Length: %d", len(body)))+body)
		got := bodyOf(t, resp)
		if resp.StatusCode == 503 && got == `{"__type":"ServiceUnavailable","message":"The request has failed due to a temporary failure of the server."}` {
			return true
		}
		if resp.StatusCode != 400 || got != missingToken {
			t.Fatalf("got %d %s", resp.StatusCode, got)
		}
		return false
	}
	// A second one like it, sent earlier, might have the memory in its place.
	waitFor(t, "half the budget to be held", func() bool { return m.BodyBytes.Load() >= 16<<20 })
	if !refused() {
		t.Error("3 MiB were taken beside 3 MiB and 500 others")
	}
	hog.Close()
	waitFor(t, "memory to come back", func() bool { return !refused() })
}

// waitFor waits for a condition that others bring about.
func waitFor(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestHTTP2(t *testing.T) {
	f := &fake{}
	addr := serve(t, wire.New(wire.Options{Services: []wire.Service{f.service()}}))
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	var proto string
	c := client(t, addr, "123456789012", "x")
	for _, size := range []int{1, 100_000, 1_000_000} {
		_, err := c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: make([]byte, size)},
			func(o *kinesis.Options) {
				o.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
					resp, err := transport.RoundTrip(r)
					if err == nil {
						proto = resp.Proto
					}
					return resp, err
				})
			})
		if err != nil || proto != "HTTP/2.0" || len(f.mu.records[0].Data) != size {
			t.Errorf("%d bytes: %v over %s", size, err, proto)
		}
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestShutdownWaitsForRequests(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	service := (&fake{}).service()
	service.Handlers["ListStreams"] = api.Handle(func(context.Context, *kinesis.ListStreamsInput) (*kinesis.ListStreamsOutput, error) {
		close(entered)
		<-leave
		return nil, api.Errorf("LimitExceededException", "done")
	})
	h := wire.New(wire.Options{Services: []wire.Service{service}})
	s, err := wire.Listen("127.0.0.1:0", h, nil)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	answer := make(chan error, 1)
	c := client(t, s.Addr().String(), "123456789012", "x")
	go func() {
		_, err := c.ListStreams(context.Background(), &kinesis.ListStreamsInput{})
		answer <- err
	}()
	select {
	case <-entered:
	case err := <-answer:
		t.Fatalf("the call was not served: %v", err)
	}
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(context.Background()) }()
	if err := receive(t, "the listener's end", served); err != nil { // the listener is closed now
		t.Error(err)
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("a new connection was accepted")
	}
	close(leave)
	if err := receive(t, "the answer", answer); err == nil || !strings.Contains(err.Error(), "LimitExceededException") {
		t.Errorf("answer: %v", err)
	}
	if err := receive(t, "the end", down); err != nil {
		t.Error(err)
	}
}

func TestShutdownBeforeServe(t *testing.T) {
	s, err := wire.Listen("127.0.0.1:0", door(wire.Options{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := s.Serve(); err != nil {
		t.Error(err)
	}
	if _, err := wire.Listen("256.0.0.1:0", nil, nil); err == nil {
		t.Error("an impossible address was bound")
	}
}

// TestSlowReaders checks that pages nobody takes keep neither writers out, nor
// other readers for ever.
func TestSlowReaders(t *testing.T) {
	f := &fake{}
	m := new(wire.Metrics)
	addr := serve(t, wire.New(wire.Options{Services: []wire.Service{f.service()}, Metrics: m, AllowUnsigned: true, PageMemoryBytes: 1, BodyMemoryBytes: 48 << 20, MemoryWait: 20 * time.Millisecond}))
	c := client(t, addr, "123456789012", "x")
	put := func() {
		t.Helper()
		waitFor(t, "the body before to be given back", func() bool { return m.BodyBytes.Load() < 1<<20 })
		_, err := c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: make([]byte, 10<<20)})
		if err != nil {
			t.Fatal(err)
		}
	}
	put()
	const get = "{\"ShardIterator\":\"i\"}"
	request := strings.Replace(head(fmt.Sprintf("Content-Length: %d", len(get)))+get, "PutRecord", "GetRecords", 1)
	var slow []net.Conn
	for range 2 { // 28 MiB of the 32
		conn := dial(t, addr)
		if resp := exchange(t, conn, request); resp.StatusCode != 200 { // takes the head only
			t.Fatal(resp.Status)
		}
		slow = append(slow, conn)
	}
	if resp := exchange(t, dial(t, addr), request); resp.StatusCode != 503 {
		t.Errorf("a third page: %s", resp.Status)
	}
	put()
	for _, conn := range slow {
		conn.Close()
	}
	waitFor(t, "memory to come back", func() bool { return exchange(t, dial(t, addr), request).StatusCode == 200 })
}
