package wire_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/leat-io/leat/wire"
	"github.com/leat-io/leat/wire/sigv4"
)

// zipped returns text compressed with gzip.
func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// spaces returns n spaces compressed with gzip, in pieces, which costs little.
func spaces(n int) string {
	const piece = 1 << 20
	return strings.Repeat(zipped(strings.Repeat(" ", piece)), n/piece) + zipped(strings.Repeat(" ", n%piece))
}

func TestGzip(t *testing.T) {
	const sent = `{"StreamName":"s"}`
	for _, test := range []struct {
		name, encoding, body string
		status               int
		want                 string
	}{
		{"plain", "", sent, 200, ""},
		{"gzip", "gzip", zipped(sent), 200, ""},
		{"other case", " GZIP ", zipped(sent), 200, ""},
		{"two members", "gzip", zipped(sent[:5]) + zipped(sent[5:]), 200, ""},
		{"of nothing", "gzip", zipped(""), 400, serialization},
		{"nothing", "gzip", "", 400, serialization},
		{"not gzip", "gzip", sent + strings.Repeat(" ", 20), 200, ""}, // says so, but is plain
		{"cut off", "gzip", zipped(sent)[:20], 400, serialization},
		{"wrong checksum", "gzip", zipped(sent)[:len(zipped(sent))-5] + "xxxxx", 400, serialization},
		{"with more behind", "gzip", zipped(sent) + "more", 400, serialization},
		{"another encoding", "deflate", zipped(sent), 400, serialization},
		{"as much as may be", "gzip", spaces(16<<20-2) + zipped("{}"), 200, `{"HasMoreStreams":false,"StreamNames":[]}`},
		{"more", "gzip", spaces(16<<20-1) + zipped("{}"), 413, ""},
		{"a bomb", "gzip", spaces(8 << 30), 413, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := operation("CreateStream", test.body)
			if strings.HasSuffix(test.want, "[]}") {
				r = operation("ListStreams", test.body)
			}
			resp := r.with("Content-Encoding", test.encoding).send(t, door(wire.Options{}))
			if got := bodyOf(t, resp); resp.StatusCode != test.status || got != test.want {
				t.Errorf("got %d %s, want %d %s", resp.StatusCode, got, test.status, test.want)
			}
		})
	}
}

// TestGzipSigned checks that the signature is over the body as it is sent.
func TestGzipSigned(t *testing.T) {
	h := door(wire.Options{Credentials: sigv4.Credentials{"AKID": {AccessKeyID: "AKID", SecretAccessKey: "secret", Account: "123456789012"}}})
	body := zipped(`{"StreamName":"s"}`)
	for name, test := range map[string]struct {
		hashed string
		status int
	}{
		"as sent":     {body, http.StatusOK},
		"as inflated": {`{"StreamName":"s"}`, http.StatusBadRequest},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", jsonType)
		r.Header.Set("Content-Encoding", "gzip")
		r.Header.Set("X-Amz-Target", "Kinesis_20131202.CreateStream")
		sum := sha256.Sum256([]byte(test.hashed))
		err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, r, hex.EncodeToString(sum[:]), "kinesis", "us-east-1", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s: got %d %s", name, w.Code, w.Body)
		}
	}
}

// TestGzipMemory checks that what bodies inflate to counts in the budget, and
// that all of it comes back.
func TestGzipMemory(t *testing.T) {
	h := door(wire.Options{BodyMemoryBytes: 1, MemoryWait: time.Millisecond}) // holds one of the largest
	small := operation("ListStreams", zipped("{}")).with("Content-Encoding", "gzip")
	for body, want := range map[string]int{
		spaces(16 << 20):             http.StatusServiceUnavailable,
		spaces(1<<20) + zipped("{}"): http.StatusOK,
		zipped("x"):                  http.StatusBadRequest,
	} {
		for range 4 {
			resp := operation("ListStreams", body).with("Content-Encoding", "gzip").send(t, h)
			if resp.StatusCode != want {
				t.Fatalf("%d bytes: got %d, want %d", len(body), resp.StatusCode, want)
			}
		}
		if resp := small.send(t, h); resp.StatusCode != http.StatusOK {
			t.Fatalf("after %d bytes: %d %s", len(body), resp.StatusCode, bodyOf(t, resp))
		}
	}
}
