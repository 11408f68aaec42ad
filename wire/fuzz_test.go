package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/leat-io/leat/wire"
)

// FuzzDoor sends anything: the door must never fail itself, must never answer
// what a client cannot read, and must answer JSON with JSON.
func FuzzDoor(f *testing.F) {
	for _, op := range []string{"Kinesis_20131202.PutRecords", "Kinesis_20131202.GetRecords", "Kinesis_20131202.ListStreams", "Kinesis_20131202.DescribeLimits", "x", ""} {
		for _, contentType := range []string{jsonType, cborType, "application/json", "text/plain; x"} {
			for _, body := range []string{"", "{}", `{"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"a"}]}`, `{"ShardIterator":"i","Limit":5}`, "\xa0", "[", `{"Records":[{"Data":"x"}]}`} {
				f.Add(contentType, op, anyone, body)
			}
		}
	}
	h := door(wire.Options{})
	f.Fuzz(func(t *testing.T, contentType, target, authorization, body string) {
		if strings.Contains(body, "panic") || strings.Contains(body, "broken") {
			return // the fake's own
		}
		resp := request{"POST", "/", []string{"Content-Type", contentType, "X-Amz-Target", target, "Authorization", authorization, "X-Amz-Date", "x"}, body}.send(t, h)
		text := bodyOf(t, resp)
		switch resp.StatusCode {
		case 200, 400, 403, 404:
		default:
			t.Fatalf("status %d: %s", resp.StatusCode, text)
		}
		if resp.Header.Get("Content-Type") == jsonType && text != "" && !json.Valid([]byte(text)) {
			t.Fatalf("not JSON: %q", text)
		}
	})
}
