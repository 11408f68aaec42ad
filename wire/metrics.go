package wire

import (
	"errors"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/histogram"
)

// Codes of requests beside those of API errors.
const (
	CodeOK      = "OK"      // carried out
	CodeRefused = "Refused" // not understood: no known operation, or a body that cannot be read
	CodeAborted = "Aborted" // not answered: the connection was dropped on purpose, or the server failed
)

// Metrics counts what happens at a front door. Its zero value is ready, and it
// is safe for concurrent use.
type Metrics struct {
	// InFlight are the requests that are being read or answered now,
	// subscriptions among them.
	InFlight atomic.Int64
	// BodyBytes and PageBytes are what is taken now of
	// Options.BodyMemoryBytes and Options.PageMemoryBytes.
	BodyBytes, PageBytes atomic.Int64

	// protocols counts requests by HTTP version, TLS and coding.
	protocols [len(versions)][len(transports)][len(codings)]atomic.Uint64

	mu struct {
		sync.RWMutex
		requests  map[Request]*atomic.Uint64
		durations map[string]*histogram.Histogram // by operation
	}
}

// Request is a kind of request: which operation, and how it ended. There are
// only so many, for both are from tables.
type Request struct {
	Operation string // empty when none is known
	Code      string // of the error it was answered with, or one of the above
}

// Protocol is how a request came.
type Protocol struct {
	HTTP      string // HTTP/1.1, older ones too, or HTTP/2
	Transport string // TCP or TLS
	Coding    string // JSON, CBOR, RPC, which is CBOR of Smithy's RPC v2, or Query; empty when it is none of them
}

var (
	versions   = [...]string{"HTTP/1.1", "HTTP/2"}
	transports = [...]string{"TCP", "TLS"}
	codings    = [...]string{"", "JSON", "CBOR", "RPC", "Query"}
)

// requestBounds are the upper bounds of histograms of durations.
var requestBounds = []time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, time.Second, 5 * time.Second,
}

// count counts one request, which took so long from its body on.
func (m *Metrics) count(r Request, took time.Duration) {
	m.mu.RLock()
	requests, durations := m.mu.requests[r], m.mu.durations[r.Operation]
	m.mu.RUnlock()
	if requests == nil || durations == nil {
		requests, durations = m.add(r)
	}
	requests.Add(1)
	durations.Observe(took)
}

// add makes room for a kind of request that is seen for the first time.
func (m *Metrics) add(r Request) (*atomic.Uint64, *histogram.Histogram) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mu.requests == nil {
		m.mu.requests = map[Request]*atomic.Uint64{}
		m.mu.durations = map[string]*histogram.Histogram{}
	}
	if m.mu.requests[r] == nil {
		m.mu.requests[r] = new(atomic.Uint64)
	}
	if m.mu.durations[r.Operation] == nil {
		m.mu.durations[r.Operation] = histogram.New(requestBounds)
	}
	return m.mu.requests[r], m.mu.durations[r.Operation]
}

// EachRequest calls visit with how many requests of each kind there were.
func (m *Metrics) EachRequest(visit func(r Request, n uint64)) {
	m.mu.RLock()
	requests := maps.Clone(m.mu.requests)
	m.mu.RUnlock()
	for r, n := range requests {
		visit(r, n.Load())
	}
}

// spoke counts how one request came.
func (m *Metrics) spoke(r *http.Request, contentType string) {
	var version, transport, coding int
	if r.ProtoMajor == 2 {
		version = 1
	}
	if r.TLS != nil {
		transport = 1
	}
	switch contentType {
	case contentJSON, contentJSON10, contentPlainJSON:
		coding = 1
	case contentCBOR:
		coding = 2
	case contentRPC:
		coding = 3
	case contentQuery:
		coding = 4
	}
	m.protocols[version][transport][coding].Add(1)
}

// EachProtocol calls visit with how many requests came by each protocol that
// was seen.
func (m *Metrics) EachProtocol(visit func(p Protocol, n uint64)) {
	for i, version := range versions {
		for j, transport := range transports {
			for k, coding := range codings {
				if n := m.protocols[i][j][k].Load(); n > 0 {
					visit(Protocol{version, transport, coding}, n)
				}
			}
		}
	}
}

// EachDuration calls visit with how long the requests for each operation took.
func (m *Metrics) EachDuration(visit func(operation string, s histogram.Snapshot)) {
	m.mu.RLock()
	durations := maps.Clone(m.mu.durations)
	m.mu.RUnlock()
	for operation, h := range durations {
		visit(operation, h.Snapshot())
	}
}

// codeOf returns the code that an operation's error is answered with.
func codeOf(err error) string {
	if err == nil {
		return CodeOK // before e, which is on the heap
	}
	var e *api.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return "InternalFailure"
}
