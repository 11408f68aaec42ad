package wire_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/wire"
)

// requests lists what was counted, sorted.
func requests(m *wire.Metrics) string {
	var list []string
	m.EachRequest(func(r wire.Request, n uint64) { list = append(list, fmt.Sprintf("%s/%s=%d", r.Operation, r.Code, n)) })
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestMetrics(t *testing.T) {
	injector, m := new(fault.Injector), new(wire.Metrics)
	h := door(wire.Options{Metrics: m, Faults: injector})
	unsigned := operation("ListStreams", "{}")
	unsigned.headers = unsigned.headers[:4]
	put := func(stream string) request {
		return operation("PutRecord", `{"StreamName":"`+stream+`","Data":"eA==","PartitionKey":"k"}`)
	}
	for _, r := range []request{
		operation("ListStreams", "{}"), operation("ListStreams", "{}"), unsigned, operation("ListStreams", "["),
		operation("ListStreams", `{"Limit":"x"}`), operation("Nonsense", "{}"), operation("SplitShard", "{}"),
		put("s"), put("missing"), put("broken"), put("panic"), {"GET", "/healthz", nil, ""},
	} {
		r.send(t, h)
	}
	if _, err := injector.Add(fault.Rule{Operation: "*", Kind: fault.Drop}); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { recover() }() // as net/http does
		put("s").send(t, h)
	}()
	const want = "/Refused=1 ListStreams/MissingAuthenticationTokenException=1 ListStreams/OK=2 ListStreams/Refused=1" +
		" ListStreams/SerializationException=1 PutRecord/Aborted=2 PutRecord/InternalFailure=1 PutRecord/OK=1" +
		" PutRecord/ResourceNotFoundException=1 SplitShard/UnknownOperationException=1"
	if got := requests(m); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	m.EachDuration(func(operation string, s histogram.Snapshot) {
		if operation == "PutRecord" && (s.Count() != 5 || s.Sum <= 0) {
			t.Errorf("durations of PutRecord: %+v", s)
		}
	})
	if n, bodies, pages := m.InFlight.Load(), m.BodyBytes.Load(), m.PageBytes.Load(); n != 0 || bodies != 0 || pages != 0 {
		t.Errorf("at rest: %d in flight, %d bytes of bodies, %d of pages", n, bodies, pages)
	}
}

// TestMetricsInFlight looks while a request is being served.
func TestMetricsInFlight(t *testing.T) {
	m := new(wire.Metrics)
	service := (&fake{}).service()
	service.Handlers["ListStreams"] = api.Handle(func(context.Context, *kinesis.ListStreamsInput) (*kinesis.ListStreamsOutput, error) {
		if n, bytes := m.InFlight.Load(), m.BodyBytes.Load(); n != 1 || bytes < 8<<10 || bytes > 1<<20 {
			t.Errorf("%d in flight with %d bytes", n, bytes)
		}
		return &kinesis.ListStreamsOutput{}, nil
	})
	operation("ListStreams", "{}").send(t, wire.New(wire.Options{Services: []wire.Service{service}, Metrics: m}))
}

// TestProtocols looks at how requests came, whether they were understood or not.
func TestProtocols(t *testing.T) {
	m := new(wire.Metrics)
	h := door(wire.Options{Metrics: m})
	ask := func(major int, tls *tls.ConnectionState, contentType string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		r.ProtoMajor, r.TLS = major, tls
		r.Header.Set("Content-Type", contentType)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask(1, nil, "application/x-amz-json-1.1")
	ask(1, nil, "application/json; charset=utf-8")
	ask(2, nil, "application/x-amz-cbor-1.1")
	ask(2, &tls.ConnectionState{}, "application/cbor")
	ask(1, &tls.ConnectionState{}, "text/plain")
	ask(1, &tls.ConnectionState{}, "application/x-www-form-urlencoded; charset=utf-8")
	var got []string
	m.EachProtocol(func(p wire.Protocol, n uint64) {
		got = append(got, fmt.Sprintf("%s/%s/%s=%d", p.HTTP, p.Transport, p.Coding, n))
	})
	want := []string{"HTTP/1.1/TCP/JSON=2", "HTTP/1.1/TLS/=1", "HTTP/1.1/TLS/Query=1", "HTTP/2/TCP/CBOR=1", "HTTP/2/TLS/RPC=1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
