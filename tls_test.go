package leat_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/authority"
	"github.com/leat-io/leat/internal/sdkhttp"
)

// trusting returns a transport that trusts only the server's authority.
func trusting(t *testing.T, srv *leat.Server, protocols ...func(*http.Protocols, bool)) *http.Transport {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(srv.Authority()) {
		t.Fatalf("authority %q", srv.Authority())
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Protocols: new(http.Protocols)}
	for _, set := range protocols {
		set(transport.Protocols, true)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// seen notes the protocol of answers.
type seen struct {
	http.RoundTripper
	proto *string
}

func (s seen) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(r)
	if err == nil {
		*s.proto = resp.Proto
	}
	return resp, err
}

// TestTLS lets the client of the AWS SDK talk through TLS in both versions of
// HTTP, by addresses and by AWS's own host names, over a restart.
func TestTLS(t *testing.T) {
	c := leat.Config{Data: filepath.Join(t.TempDir(), "data"), TLSListen: "127.0.0.1:0"}
	first := open(t, c)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	srv := open(t, c)
	if !bytes.Equal(first.Authority(), srv.Authority()) {
		t.Error("another authority after a restart")
	}
	kept, err := authority.Read(leat.TLSFolder(c.Data))
	if err != nil || !bytes.Equal(kept, srv.Authority()) {
		t.Errorf("the folder has another authority: %v", err)
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(srv.TLSURL(), "https://"))
	for want, set := range map[string]func(*http.Protocols, bool){"HTTP/1.1": (*http.Protocols).SetHTTP1, "HTTP/2.0": (*http.Protocols).SetHTTP2} {
		for _, host := range []string{"127.0.0.1", "localhost", "kinesis.eu-west-3.amazonaws.com", "123456789012.data-kinesis.us-east-1.amazonaws.com"} {
			transport := trusting(t, srv, set)
			dial := new(net.Dialer)
			transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dial.DialContext(ctx, network, "127.0.0.1:"+port)
			}
			var proto string
			client := kinesis.New(client(t, srv, "key", "secret").Options(), func(o *kinesis.Options) {
				o.BaseEndpoint = aws.String("https://" + net.JoinHostPort(host, port))
				o.HTTPClient = sdkhttp.Wrap(&http.Client{Transport: seen{transport, &proto}})
			})
			if _, err := client.ListStreams(t.Context(), &kinesis.ListStreamsInput{}); err != nil || proto != want {
				t.Errorf("%s over %s: %v, %s", host, want, err, proto)
			}
		}
	}
	_, text := ask(t, srv, "GET", "/metrics", "")
	wantLines(t, text, `leat_wire_protocol_requests_total{coding="JSON",http="HTTP/1.1",transport="TLS"} 4`,
		`leat_wire_protocol_requests_total{coding="JSON",http="HTTP/2",transport="TLS"} 4`)
	if srv.URL() == srv.TLSURL() || !strings.HasPrefix(srv.URL(), "http://") {
		t.Errorf("endpoints %s and %s", srv.URL(), srv.TLSURL())
	}
}

// TestTLSOfMemory checks that a server that keeps nothing keeps no authority
// either, unless there is a folder for it.
func TestTLSOfMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	c := leat.Config{Durability: leat.DurabilityMemory, TLSListen: "127.0.0.1:0"}
	one, two := open(t, c), open(t, c)
	if bytes.Equal(one.Authority(), two.Authority()) {
		t.Error("two servers share an authority")
	}
	if files, err := os.ReadDir("."); err != nil || len(files) > 0 {
		t.Errorf("files %v, %v", files, err)
	}
	c.TLSFolder = filepath.Join(t.TempDir(), "leat", "tls")
	if three, four := open(t, c), open(t, c); !bytes.Equal(three.Authority(), four.Authority()) {
		t.Error("the authority was not kept")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.TLSFolder = filepath.Join(file, "tls") // cannot be made
	if five := open(t, c); five.Authority() == nil || five.Config().TLSFolder != "" {
		t.Error("no authority without a folder")
	}
	none := open(t, leat.Config{Durability: leat.DurabilityMemory})
	if none.TLSURL() != "" || none.Authority() != nil {
		t.Error("TLS that nobody asked for")
	}
}

// TestTLSFiles serves a certificate that was given.
func TestTLSFiles(t *testing.T) {
	folder := t.TempDir()
	if _, err := authority.Open(folder, authority.Options{}); err != nil { // any certificate with a key will do
		t.Fatal(err)
	}
	c := leat.Config{
		Durability: leat.DurabilityMemory, TLSListen: "127.0.0.1:0",
		TLSCert: authority.Path(folder), TLSKey: filepath.Join(folder, "ca-key.pem"),
	}
	srv := open(t, c)
	conn, err := tls.Dial("tcp", strings.TrimPrefix(srv.TLSURL(), "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	shown := conn.ConnectionState().PeerCertificates
	if want, _ := authority.Read(folder); len(shown) != 1 || !shown[0].IsCA || !strings.Contains(string(want), "CERTIFICATE") || srv.Authority() != nil {
		t.Errorf("shown %v, authority %q", shown, srv.Authority())
	}
}

func TestTLSErrors(t *testing.T) {
	memory := leat.Config{Durability: leat.DurabilityMemory, Listen: "127.0.0.1:0", TLSListen: "127.0.0.1:0"}
	taken := open(t, memory)
	busy := strings.TrimPrefix(taken.TLSURL(), "https://")
	for name, test := range map[string]struct {
		change func(*leat.Config)
		want   string
	}{
		"in use":       {func(c *leat.Config) { c.TLSListen = busy }, "address already in use"},
		"no port":      {func(c *leat.Config) { c.TLSListen = "nowhere" }, "not HOST:PORT"},
		"half a pair":  {func(c *leat.Config) { c.TLSCert = "cert.pem" }, "need each other"},
		"no such pair": {func(c *leat.Config) { c.TLSCert, c.TLSKey = "cert.pem", "key.pem" }, "no such file"},
	} {
		c := memory
		test.change(&c)
		srv, err := leat.Open(t.Context(), c)
		if err == nil {
			srv.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var log bytes.Buffer
	memory.TLSListen, memory.TLSOptional, memory.Logger = busy, true, slog.New(slog.NewTextHandler(&log, nil))
	srv := open(t, memory)
	if srv.TLSURL() != "" || srv.Authority() != nil || !strings.Contains(log.String(), "--tls-listen") {
		t.Errorf("optional TLS in use: %s, log %s", srv.TLSURL(), &log)
	}
}
