package wire_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/leat-io/leat/wire"
)

const rpcType = "application/cbor"

// cborText is text in CBOR, shorter than 256 bytes.
func cborText(s string) string { return "\x78" + string([]byte{byte(len(s))}) + s }

// rpc is a request to an operation in Smithy RPC v2, signed by anyone.
func rpc(name, body string) request {
	return request{"POST", "/service/Kinesis_20131202/operation/" + name, []string{"Content-Type", rpcType, "Smithy-Protocol", "rpc-v2-cbor",
		"Authorization", anyone, "X-Amz-Date", "20260101T000000Z"}, body}
}

// cborOperation is a request to an operation in AWS CBOR, signed by anyone.
func cborOperation(name, body string) request {
	r := operation(name, body)
	r.headers[1] = cborType
	return r
}

// without returns r without the header.
func (r request) without(name string) request {
	var kept []string
	for i := 0; i < len(r.headers); i += 2 {
		if r.headers[i] != name {
			kept = append(kept, r.headers[i:i+2]...)
		}
	}
	r.headers = kept
	return r
}

// with returns r with one more header.
func (r request) with(name, value string) request {
	r.headers = append(r.headers[:len(r.headers):len(r.headers)], name, value)
	return r
}

// TestCBOR has answers to the letter: what is right, and each kind of error in
// the coding of the request.
func TestCBOR(t *testing.T) {
	failure := func(code, key, message string) string {
		text := func(s string) string {
			if len(s) < 24 {
				return string([]byte{0x60 | byte(len(s))}) + s
			}
			return cborText(s)
		}
		if message == "" {
			return "\xbf\x66__type" + text(code) + "\xff"
		}
		return "\xbf\x66__type" + text(code) + text(key) + text(message) + "\xff"
	}
	listed := "\xbf\x6eHasMoreStreams\xf4\x6bStreamNames\x9f\xff\xff"
	wrongType := failure("SerializationException", "Message", "class java.lang.Boolean can not be converted to an String")
	invalid := failure("ValidationException", "message", "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null")
	for _, test := range []struct {
		name    string
		request request
		status  int
		body    string
	}{
		{"list", cborOperation("ListStreams", "\xbf\xff"), 200, listed},
		{"list, definite", cborOperation("ListStreams", "\xa0"), 200, listed},
		{"no output", cborOperation("CreateStream", "\xbf\x6aStreamName\x61s\xff"), 200, ""},
		{"no output, chunks", cborOperation("CreateStream", "\xbf\x7f\x66Stream\x64Name\xff\x7f\x61s\x61t\xff\xff"), 200, ""},
		{"put as Java does", cborOperation("PutRecord", "\xbf\x6aStreamName\x61s\x6cPartitionKey\x61a\x64Data\x42hi\xff"), 200,
			"\xbf\x6eSequenceNumber\x78\x3849646437577108476416916876405827138351405044374169452546" + "\x67ShardId\x78\x14shardId-000000000000\xff"},
		{"wrong type", cborOperation("CreateStream", "\xa1\x6aStreamName\xf5"), 400, wrongType},
		{"wrong type, hot", cborOperation("PutRecord", "\xa1\x6aStreamName\xf5"), 400, wrongType},
		{"constraint", cborOperation("CreateStream", "\xa0"), 400, invalid},
		{"service's error", cborOperation("CreateStream", "\xa1\x6aStreamName\x65taken"), 400,
			failure("ResourceInUseException", "message", "Stream taken under account 000000000000 already exists.")},
		{"internal failure", cborOperation("PutRecord", "\xa3\x6aStreamName\x66broken\x64Data\x40\x6cPartitionKey\x61a"), 500, failure("InternalFailure", "", "")},
		{"not served", cborOperation("DescribeLimits", "\xa0"), 400, failure("UnknownOperationException", "message", "This server does not serve DescribeLimits yet.")},
		{"not served, without shapes", cborOperation("ListQueues", "\xa0"), 400, failure("UnknownOperationException", "message", "This server does not serve ListQueues yet.")},
		{"cut off", cborOperation("CreateStream", "\xbf\x6aStreamName\x61s"), 400, cborMalformed},
		{"a list", cborOperation("CreateStream", "\x80"), 400, cborMalformed},
		{"too deep", cborOperation("CreateStream", "\xa1\x61x"+strings.Repeat("\x81", 100_000)+"\x00"), 400, cborMalformed},
		{"a length that is not there", cborOperation("PutRecord", "\xa1\x64Data\x5b\x7f\xff\xff\xff\xff\xff\xff\xff"), 400, cborMalformed},

		{"RPC", rpc("ListStreams", "\xbf\xff"), 200, listed},
		{"RPC, no output", rpc("CreateStream", "\xa1\x6aStreamName\x61s"), 200, ""},
		{"RPC, wrong type", rpc("CreateStream", "\xa1\x6aStreamName\xf5"), 400, strings.ReplaceAll(wrongType, "Message", "message")},
		{"RPC, constraint", rpc("CreateStream", "\xa0"), 400, invalid},
		{"RPC, unknown operation", rpc("Nothing", "\xa0"), 400, cborUnknown},
		{"RPC, no path", func() request { r := rpc("ListStreams", "\xa0"); r.url = "/"; return r }(), 400, cborUnknown},
		{"RPC with a target", rpc("ListStreams", "\xa0").with("X-Amz-Target", "Kinesis_20131202.ListStreams"), 400, cborUnknown},
		{"RPC, empty body", rpc("ListStreams", ""), 400, cborMalformed},
		{"RPC, unsigned", rpc("ListStreams", "\xa0").without("Authorization"), 400, failure("MissingAuthenticationTokenException", "message", "Missing Authentication Token")},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := test.request.send(t, door(wire.Options{}))
			contentType, protocol := cborType, ""
			if strings.HasPrefix(test.name, "RPC") {
				contentType, protocol = rpcType, "rpc-v2-cbor"
			}
			got := bodyOf(t, resp)
			if resp.StatusCode != test.status || got != test.body {
				t.Errorf("got %d %q, want %d %q", resp.StatusCode, got, test.status, test.body)
			}
			if h := resp.Header; h.Get("Content-Type") != contentType || h.Get("Smithy-Protocol") != protocol {
				t.Errorf("headers: %v", h)
			}
		})
	}
}

// TestRPCContentType checks that the content type of one protocol is unknown in
// the others.
func TestRPCContentType(t *testing.T) {
	h := door(wire.Options{})
	for _, r := range []request{
		rpc("ListStreams", "\xa0").with("Content-Type", cborType),
		rpc("ListStreams", "\xa0").without("Content-Type"),
		operation("ListStreams", "\xa0").with("Content-Type", rpcType),
	} {
		resp := r.send(t, h)
		if got := bodyOf(t, resp); resp.StatusCode != http.StatusNotFound || got != "<UnknownOperationException/>\n" {
			t.Errorf("%v: got %d %q", r.headers, resp.StatusCode, got)
		}
	}
}
