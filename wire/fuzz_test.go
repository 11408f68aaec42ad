package wire_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/leat-io/leat/wire"
	"github.com/leat-io/leat/wire/cbor"
)

// FuzzDoor sends anything: the door must never fail itself, must never answer
// what a client cannot read, and must answer JSON with JSON and CBOR with CBOR.
func FuzzDoor(f *testing.F) {
	for _, op := range []string{"Kinesis_20131202.PutRecords", "Kinesis_20131202.GetRecords", "Kinesis_20131202.ListStreams", "Kinesis_20131202.DescribeLimits", "x", ""} {
		for _, contentType := range []string{jsonType, cborType, "application/json", "text/plain; x"} {
			for _, body := range []string{"", "{}", `{"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"a"}]}`, `{"ShardIterator":"i","Limit":5}`, "\xa0", "\xbf\x6aStreamName\x61s\x6cPartitionKey\x61a\x64Data\x42hi\xff", "\xa1\x6dShardIterator\x61i", "[", `{"Records":[{"Data":"x"}]}`} {
				f.Add(contentType, op, anyone, body, false)
				f.Add("application/cbor", op, anyone, body, true)
			}
		}
	}
	h := door(wire.Options{})
	f.Fuzz(func(t *testing.T, contentType, target, authorization, body string, rpc bool) {
		if strings.Contains(body, "panic") || strings.Contains(body, "broken") {
			return // the fake's own
		}
		r := request{"POST", "/", []string{"Content-Type", contentType, "Authorization", authorization, "X-Amz-Date", "x"}, body}
		if service, operation, ok := strings.Cut(target, "."); ok && rpc {
			r.url = (&url.URL{Path: "/service/" + service + "/operation/" + operation}).String()
			r = r.with("Smithy-Protocol", "rpc-v2-cbor")
		} else {
			r = r.with("X-Amz-Target", target)
		}
		resp := r.send(t, h)
		text := bodyOf(t, resp)
		switch resp.StatusCode {
		case 200, 400, 403, 404:
		default:
			t.Fatalf("status %d: %s", resp.StatusCode, text)
		}
		if resp.Header.Get("Content-Type") == jsonType && text != "" && !json.Valid([]byte(text)) {
			t.Fatalf("not JSON: %q", text)
		}
		if strings.HasSuffix(resp.Header.Get("Content-Type"), "cbor") || resp.Header.Get("Content-Type") == cborType {
			if _, ok := cbor.Parse([]byte(text), cbor.AWS); !ok && text != "" {
				t.Fatalf("not CBOR: %q", text)
			}
		}
	})
}
