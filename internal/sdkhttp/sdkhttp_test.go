package sdkhttp

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
)

// body is a request's body as the SDK makes it: once closed, Read and WriteTo
// both return io.EOF.
type body struct {
	*bytes.Reader
	closed chan struct{}
}

func (b *body) isClosed() bool {
	select {
	case <-b.closed:
		return true
	default:
		return false
	}
}

func (b *body) Read(p []byte) (int, error) {
	if b.isClosed() {
		return 0, io.EOF
	}
	return b.Reader.Read(p)
}

func (b *body) WriteTo(w io.Writer) (int64, error) {
	if b.isClosed() {
		return 0, io.EOF
	}
	return b.Reader.WriteTo(w)
}

func (b *body) Close() error {
	if !b.isClosed() {
		close(b.closed)
	}
	return nil
}

// slowConn is a connection whose Write returns late: when the body is closed.
type slowConn struct {
	net.Conn
	body *body
}

func (c slowConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if bytes.HasSuffix(p, []byte("end")) {
		<-c.body.closed
	}
	return n, err
}

// exchange sends a request, closes its body when the response is there, as the
// SDK does, and returns what net/http then thinks of having sent it.
func exchange(t *testing.T, wrap func(Doer) Doer) error {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
	}))
	defer srv.Close()
	b := &body{bytes.NewReader(append(make([]byte, 64<<10), "end"...)), make(chan struct{})}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return slowConn{c, b}, err
	}}
	defer transport.CloseIdleConnections()
	wrote := make(chan error, 1)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) { wrote <- info.Err },
	})
	req, err := http.NewRequestWithContext(ctx, "POST", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Body, req.ContentLength = b, b.Size()
	resp, err := wrap(&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b.Close()
	return <-wrote
}

func TestQuickServer(t *testing.T) {
	if err := exchange(t, func(d Doer) Doer { return d }); err == nil {
		t.Error("net/http does not mind any more: is this package still needed?")
	}
	if err := exchange(t, Wrap); err != nil {
		t.Error(err)
	}
}
