package wire_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/internal/authority"
	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/wire"
)

// TestLargeHead checks that a head has a bound in both versions of HTTP, and
// room for what clients send below it.
func TestLargeHead(t *testing.T) {
	addr := serve(t, door(wire.Options{}))
	large := "X-Large: " + strings.Repeat("x", 128<<10)
	if resp := exchange(t, dial(t, addr), head("Content-Length: 2", large)+"{}"); resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("HTTP/1.1: %d", resp.StatusCode)
	}
	if resp := exchange(t, dial(t, addr), head("Content-Length: 2", large[:48<<10])+"{}"); bodyOf(t, resp) != missingToken {
		t.Errorf("HTTP/1.1, 48 KiB: %d", resp.StatusCode)
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	for size, want := range map[int]int{48 << 10: http.StatusBadRequest, 128 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+addr, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {jsonType}, "X-Amz-Target": {"Kinesis_20131202.PutRecord"}, "X-Large": {large[len("X-Large: "):][:size]}}
		resp, err := transport.RoundTrip(r)
		if err != nil { // the client knows the server's bound, or the server ends the connection
			if want == http.StatusBadRequest {
				t.Errorf("HTTP/2, %d bytes: %v", size, err)
			}
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("HTTP/2, %d bytes: %d", size, resp.StatusCode)
		}
	}
	wantServing(t, addr)
}

// TestListenTLS lets the SDK choose its version of HTTP in the handshake, and
// sends what is no handshake.
func TestListenTLS(t *testing.T) {
	a, err := authority.Open("", authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	s, err := wire.ListenTLS("127.0.0.1:0", wire.New(wire.Options{Services: []wire.Service{f.service()}}), a.GetCertificate, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	addr := s.Addr().String()

	conn := dial(t, addr)
	if _, err := io.WriteString(conn, head("Content-Length: 2")+"{}"); err != nil {
		t.Fatal(err)
	}
	if resp := readResponse(t, conn); resp.StatusCode != 400 || !strings.Contains(bodyOf(t, resp), "This address is for HTTPS.") {
		t.Errorf("without TLS: %d", resp.StatusCode)
	}
	garbage := dial(t, addr)
	if _, err := garbage.Write(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(garbage); err != nil || strings.Contains(string(text), "HTTP") {
		t.Errorf("garbage was answered with %q, %v", text, err)
	}
	silent := dial(t, addr) // and stays so
	defer silent.Close()

	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM())
	for want, set := range map[string]func(*http.Protocols, bool){"HTTP/1.1": (*http.Protocols).SetHTTP1, "HTTP/2.0": (*http.Protocols).SetHTTP2} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Protocols: new(http.Protocols)}
		set(transport.Protocols, true)
		proto := ""
		c := kinesis.New(client(t, addr, "123456789012", "x").Options(), func(o *kinesis.Options) {
			o.BaseEndpoint = aws.String("https://" + addr)
			o.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
				resp, err := transport.RoundTrip(r)
				if err == nil {
					proto = resp.Proto
				}
				return resp, err
			})
		})
		_, err := c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: make([]byte, 1_000_000)})
		if err != nil || proto != want || len(f.mu.records[0].Data) != 1_000_000 {
			t.Errorf("%v over %s, want %s", err, proto, want)
		}
		transport.CloseIdleConnections()
	}
	// HTTP/2 without a word about it in the handshake, as Java does it.
	var negotiated string
	transport := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
			conn, err := tls.Dial(network, addr, &tls.Config{RootCAs: roots})
			if err != nil {
				return nil, err
			}
			negotiated = conn.ConnectionState().NegotiatedProtocol
			return struct{ net.Conn }{conn}, nil // so that net/http does not know
		},
	}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	c := client(t, addr, "123456789012", "x")
	c = kinesis.New(c.Options(), func(o *kinesis.Options) { o.HTTPClient = sdkhttp.Wrap(doer(transport.RoundTrip)) })
	if _, err := c.ListStreams(t.Context(), &kinesis.ListStreamsInput{}); err != nil || negotiated != "" {
		t.Errorf("HTTP/2 without ALPN: %v, negotiated %q", err, negotiated)
	}
	if _, err := wire.ListenTLS("256.0.0.1:0", nil, nil, nil); err == nil {
		t.Error("an impossible address was bound")
	}
}
