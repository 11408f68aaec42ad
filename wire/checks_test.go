package wire_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/wire"
)

const (
	jsonType = "application/x-amz-json-1.1"
	cborType = "application/x-amz-cbor-1.1"
	anyone   = "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00"

	accessDenied   = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n"
	serialization  = `{"__type":"SerializationException"}`
	unknown        = `{"__type":"UnknownOperationException"}`
	missingToken   = `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`
	plainUnknown   = `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`
	plainMalformed = `{"Output":{"__type":"com.amazon.coral.service#SerializationException"},"Version":"1.0"}`
	cborMalformed  = "\xbf\x66__type\x76SerializationException\xff"
	cborUnknown    = "\xbf\x66__type\x78\x19UnknownOperationException\xff"
)

// request is what a test sends. Headers are added by name and value.
type request struct {
	method, url string
	headers     []string
	body        string
}

// operation is a request to an operation, signed by anyone.
func operation(name, body string) request {
	return request{"POST", "/", []string{"Content-Type", jsonType, "X-Amz-Target", "Kinesis_20131202." + name,
		"Authorization", anyone, "X-Amz-Date", "20260101T000000Z"}, body}
}

func (r request) send(t testing.TB, h http.Handler) *http.Response {
	t.Helper()
	hr := httptest.NewRequest(r.method, r.url, strings.NewReader(r.body))
	for i := 0; i < len(r.headers); i += 2 {
		hr.Header.Set(r.headers[i], r.headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, hr)
	return w.Result()
}

func bodyOf(t testing.TB, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func door(o wire.Options) http.Handler {
	o.Services = []wire.Service{(&fake{}).service()}
	return wire.New(o)
}

// TestCheckOrder has the rows of spec data-streams §5: of several things that
// are wrong with a request, the first in AWS's order is answered.
func TestCheckOrder(t *testing.T) {
	const known, other = "Kinesis_20131202.PutRecords", "Kinesis_20131202.Nothing"
	header := func(contentType, target string, more ...string) []string {
		return append([]string{"Content-Type", contentType, "X-Amz-Target", target}, more...)
	}
	for _, test := range []struct {
		name        string
		request     request
		status      int
		contentType string // "" for no such header
		body        string
	}{
		{"GET", request{"GET", "/", header(jsonType, known), ""}, 403, "", accessDenied},
		{"PUT with a body", request{"PUT", "/a/b", header(jsonType, known), "{}"}, 403, "", accessDenied},
		{"OPTIONS without Origin", request{"OPTIONS", "/", nil, ""}, 403, "", accessDenied},
		{"empty body", request{"POST", "/", header(jsonType, known), ""}, 400, jsonType, serialization},
		{"empty body, unknown", request{"POST", "/", header(jsonType, other), ""}, 400, jsonType, unknown},
		{"empty body, no target", request{"POST", "/", []string{"Content-Type", jsonType}, ""}, 400, jsonType, unknown},
		{"empty body, CBOR", request{"POST", "/", header(cborType, known), ""}, 400, cborType, cborMalformed},
		{"empty body, plain JSON", request{"POST", "/", header("application/json", known), ""}, 400, cborType, cborMalformed},
		{"empty body, no type", request{"POST", "/", nil, ""}, 400, cborType, cborUnknown},
		{"content type, no target", request{"POST", "/", []string{"Content-Type", "text/plain"}, "{}"}, 403, "", accessDenied},
		{"content type, half a target", request{"POST", "/", header("text/plain", "Kinesis_20131202."), "{}"}, 403, "", accessDenied},
		{"content type, target", request{"POST", "/", header("text/plain", other), "{}"}, 404, "", "<UnknownOperationException/>\n"},
		{"content type 1.0", request{"POST", "/", header("application/x-amz-json-1.0", known), "{}"}, 404, "", "<UnknownOperationException/>\n"},
		{"not JSON", request{"POST", "/", header(jsonType, other), "{"}, 400, jsonType, serialization},
		{"not an object", request{"POST", "/", header(jsonType, known), "[]"}, 400, jsonType, serialization},
		{"not CBOR", request{"POST", "/", header(cborType, other), "{"}, 400, cborType, cborMalformed},
		{"plain JSON, not JSON", request{"POST", "/", header("application/json", other), "x"}, 400, "application/json", plainMalformed},
		{"plain JSON", request{"POST", "/", header("application/json", known), "{}"}, 404, "application/json", plainUnknown},
		{"unknown operation", request{"POST", "/", header(jsonType, other), "{}"}, 400, jsonType, unknown},
		{"unknown service", request{"POST", "/", header(jsonType, "Firehose_20150804.PutRecords"), "{}"}, 400, jsonType, unknown},
		{"unknown operation, CBOR", request{"POST", "/", header(cborType, other), "\xbf\xff"}, 400, cborType, cborUnknown},
		{"unsigned", request{"POST", "/", header(jsonType, known), `{"Records":1}`}, 400, jsonType, missingToken},
		{"unsigned, type with parameter", request{"POST", "/", header(jsonType+" ; charset=utf-8", known), `{}`}, 400, jsonType, missingToken},
		{"unsigned, CBOR", request{"POST", "/", header(cborType, known), "\xa0"}, 400, cborType,
			"\xbf\x66__type\x78\x23MissingAuthenticationTokenException\x67message\x78\x1cMissing Authentication Token\xff"},
		{"signed, type error", request{"POST", "/any/path", header(jsonType, known, "Authorization", anyone, "X-Amz-Date", "x"), `{"Records":1}`}, 400, jsonType,
			`{"__type":"SerializationException","Message":"Expected list or null"}`},
		{"signed, constraint", request{"POST", "/", header(jsonType, known, "Authorization", anyone, "X-Amz-Date", "x"), `{"Records":[]}`}, 400, jsonType,
			`{"__type":"ValidationException","message":"1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: Member must have length greater than or equal to 1"}`},
		{"signed twice", request{"POST", "/?X-Amz-Algorithm=x", header(jsonType, known, "Authorization", anyone), `{}`}, 400, jsonType,
			`{"__type":"InvalidSignatureException","message":"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."}`},
		{"signed in the query", request{"POST", "/?X-Amz-Algorithm=x&X-Amz-Credential=a&X-Amz-Date=b&X-Amz-SignedHeaders=c&X-Amz-Signature=d", header(jsonType, "Kinesis_20131202.ListStreams"), `{}`},
			200, jsonType, `{"HasMoreStreams":false,"StreamNames":[]}`},
		{"no output", operation("CreateStream", `{"StreamName":"s"}`), 200, jsonType, ""},
		{"not found", operation("PutRecord", `{"StreamName":"missing","Data":"","PartitionKey":"k"}`), 400, jsonType,
			`{"__type":"ResourceNotFoundException","message":"Stream missing under account 123456789012 not found."}`},
		{"not served", operation("DescribeLimits", `{}`), 400, jsonType,
			`{"__type":"UnknownOperationException","message":"This server does not serve DescribeLimits yet."}`},
		{"not served, without shapes", operation("ReceiveQueueRecords", `{"QueueARN":"q"}`), 400, jsonType,
			`{"__type":"UnknownOperationException","message":"This server does not serve ReceiveQueueRecords yet."}`},
		{"not served, unsigned", request{"POST", "/", header(jsonType, "Kinesis_20131202.CreateChannel"), "{}"}, 400, jsonType, missingToken},
		{"not served, without shapes, unsigned", request{"POST", "/", header(jsonType, "Kinesis_20131202.CreateQueue"), "{}"}, 400, jsonType, missingToken},
		{"broken", operation("PutRecord", `{"StreamName":"broken","Data":"","PartitionKey":"k"}`), 500, jsonType, `{"__type":"InternalFailure"}`},
		{"panic", operation("PutRecord", `{"StreamName":"panic","Data":"","PartitionKey":"k"}`), 500, jsonType, `{"__type":"InternalFailure"}`},
		{"health", request{"GET", "/healthz", nil, ""}, 200, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := test.request.send(t, door(wire.Options{}))
			body := bodyOf(t, resp)
			if resp.StatusCode != test.status || body != test.body || resp.Header.Get("Content-Type") != test.contentType {
				t.Errorf("got  %d %s %q\nwant %d %s %q", resp.StatusCode, resp.Header.Get("Content-Type"), body, test.status, test.contentType, test.body)
			}
			if test.name == "health" {
				return
			}
			if got := resp.Header["Content-Length"]; len(got) != 1 || got[0] != fmt.Sprint(len(test.body)) {
				t.Errorf("content length %q", got)
			}
			wantIDs(t, resp, true)
		})
	}
}

var (
	uuid     = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	extended = regexp.MustCompile(`^[A-Za-z0-9+/]{96}$`)
)

func wantIDs(t *testing.T, resp *http.Response, extendedID bool) {
	t.Helper()
	if id := rawHeader(resp, "x-amzn-RequestId"); !uuid.MatchString(id) {
		t.Errorf("request id %q", id)
	}
	if id := rawHeader(resp, "x-amz-id-2"); extendedID != extended.MatchString(id) {
		t.Errorf("extended id %q", id)
	}
}

// rawHeader reads a header of a recorder, which keeps the spelling, or of a
// real response, which does not.
func rawHeader(resp *http.Response, name string) string {
	if v := resp.Header[name]; len(v) == 1 {
		return v[0]
	}
	return resp.Header.Get(name)
}

func TestCORS(t *testing.T) {
	resp := request{"OPTIONS", "/", []string{"Origin", "https://x", "Access-Control-Request-Headers", "a, b", "Access-Control-Request-Method", "POST"}, ""}.send(t, door(wire.Options{}))
	if bodyOf(t, resp) != "" || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "" {
		t.Errorf("preflight: %v", resp)
	}
	wantIDs(t, resp, false)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "a, b", "Access-Control-Allow-Methods": "POST",
		"Access-Control-Max-Age": "172800", "Access-Control-Expose-Headers": "",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("preflight: %s is %q, want %q", name, got, want)
		}
	}
	call := operation("ListStreams", "{}")
	call.headers = append(call.headers, "Origin", "https://x")
	resp = call.send(t, door(wire.Options{}))
	if resp.Header.Get("Access-Control-Allow-Origin") != "*" ||
		resp.Header.Get("Access-Control-Expose-Headers") != "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date" ||
		resp.Header.Get("Access-Control-Max-Age") != "" {
		t.Errorf("call: %v", resp.Header)
	}
	wantIDs(t, resp, true)
}

func TestLeniencies(t *testing.T) {
	const listed = `{"HasMoreStreams":false,"StreamNames":[]}`
	plain := operation("ListStreams", "{}")
	plain.headers[1] = "application/json"
	unsigned := operation("ListStreams", "{}")
	unsigned.headers = unsigned.headers[:4]
	half := operation("ListStreams", "{}")
	half.headers[5] = "a"
	halfQuery := unsigned
	halfQuery.url = "/?X-Amz-Algorithm=x&X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c"
	for _, test := range []struct {
		name    string
		options wire.Options
		request request
		body    string
	}{
		{"plain JSON", wire.Options{AllowPlainJSON: true}, plain, listed},
		{"plain JSON, wrong target", wire.Options{AllowPlainJSON: true}, request{"POST", "/", []string{"Content-Type", "application/json"}, "{}"}, unknown},
		{"unsigned", wire.Options{AllowUnsigned: true}, unsigned, listed},
		{"half signed", wire.Options{AllowUnsigned: true}, half,
			`{"__type":"IncompleteSignatureException","message":"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=a"}`},
		{"half signed in the query", wire.Options{AllowUnsigned: true}, halfQuery,
			`{"__type":"IncompleteSignatureException","message":"AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := bodyOf(t, test.request.send(t, door(test.options))); got != test.body {
				t.Errorf("got %s, want %s", got, test.body)
			}
		})
	}
	f := &fake{}
	h := wire.New(wire.Options{AllowUnsigned: true, Account: "111111111111", Region: "r", Services: []wire.Service{f.service()}})
	unsigned.send(t, h)
	if want := (api.Caller{Account: "111111111111", Region: "r"}); f.mu.caller != want {
		t.Errorf("anonymous caller: %+v", f.mu.caller)
	}
}

func TestPlainPaths(t *testing.T) {
	h := door(wire.Options{Plain: map[string]http.Handler{
		"GET /metrics": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "metrics") }),
		"/console/":    http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "console") }),
	}})
	for _, test := range [][3]string{{"GET", "/metrics", "metrics"}, {"POST", "/console/x", "console"}, {"POST", "/metrics", accessDenied}, {"GET", "/other", accessDenied}} {
		r := request{test[0], test[1], []string{"Content-Type", "text/plain"}, "x"}
		if got := bodyOf(t, r.send(t, h)); got != test[2] {
			t.Errorf("%s %s: got %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

// TestInternalFailureIsLogged checks that the cause is in the log, with the id
// that the client saw, and not on the wire.
func TestInternalFailureIsLogged(t *testing.T) {
	var log bytes.Buffer
	h := door(wire.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for name, cause := range map[string]string{"broken": "append to shard 3: context deadline exceeded", "panic": "BUG: a test"} {
		log.Reset()
		resp := operation("PutRecord", `{"StreamName":"`+name+`","Data":"","PartitionKey":"k"}`).send(t, h)
		line := log.String()
		wantContains(t, line, cause)
		wantContains(t, line, "request_id="+rawHeader(resp, "x-amzn-RequestId"))
		wantContains(t, line, "PutRecord")
	}
	log.Reset()
	operation("PutRecord", `{"StreamName":"missing","Data":"","PartitionKey":"k"}`).send(t, h)
	if log.Len() > 0 {
		t.Errorf("an expected error was logged: %s", &log)
	}
}

func TestDateIsTheClocks(t *testing.T) {
	c := &clock.Manual{}
	c.Advance(1000 * 24 * 3600e9)
	resp := operation("ListStreams", "{}").send(t, door(wire.Options{Clock: c}))
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if ahead := c.Now().Sub(date); err != nil || ahead < 0 || ahead > 10e9 {
		t.Errorf("date %v, %v", date, err)
	}
}

// TestHotAndGenericAgree sends the same call in the plain form and with an
// escape, which only the generic codec knows.
func TestHotAndGenericAgree(t *testing.T) {
	f := &fake{}
	h := wire.New(wire.Options{Services: []wire.Service{f.service()}})
	for _, test := range []struct{ operation, plain, escaped string }{
		{"PutRecords", `{"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"a"},{"Data":"aGk=","PartitionKey":"throttled"}]}`,
			`{"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"\u0061"},{"Data":"aGk=","PartitionKey":"throttled"}]}`},
		{"PutRecord", `{"StreamName":"s","Data":"aGk=","PartitionKey":"a"}`, `{"StreamName":"s","Data":"aGk=","PartitionKey":"\u0061"}`},
		{"GetRecords", `{"ShardIterator":"a","Limit":1}`, `{"ShardIterator":"\u0061","Limit":1}`},
	} {
		plain := bodyOf(t, operation(test.operation, test.plain).send(t, h))
		stored := fmt.Sprintf("%v", f.mu.records)
		escaped := bodyOf(t, operation(test.operation, test.escaped).send(t, h))
		if plain != escaped || stored != fmt.Sprintf("%v", f.mu.records) || strings.Contains(plain, "__type") {
			t.Errorf("%s: got %s and %s", test.operation, plain, escaped)
		}
	}
}
