package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
)

// ListenTLS is Listen for a server that speaks TLS. What follows the handshake
// is HTTP/2 if it begins like that, else HTTP/1.1, whatever the client has asked
// for in it: that is what ALPN comes to, and the SDK for Java begins with
// HTTP/2 for Kinesis without having asked, since AWS takes it. An offer to change
// over is for connections without TLS (RFC 7540 §3.2) and not taken.
func ListenTLS(addr string, h http.Handler, certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error), logger *slog.Logger) (*Server, error) {
	s, err := Listen(addr, h, logger)
	if err != nil {
		return nil, err
	}
	s.listener = tlsListener{s.listener, &tls.Config{GetCertificate: certificate, NextProtos: []string{"h2", "http/1.1"}}}
	s.http.Handler, s.http.BaseContext, s.http.ConnContext = seeTLS(h), nil, withTLS
	return s, nil
}

// connKey is where a context has the *tls.Conn of its connection.
type connKey struct{}

func withTLS(ctx context.Context, conn net.Conn) context.Context {
	if c, ok := conn.(tlsConn); ok {
		ctx = context.WithValue(ctx, connKey{}, c.secure)
	}
	return ctx
}

// seeTLS sets a request's TLS, which net/http does where it sees it itself.
func seeTLS(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*tls.Conn); ok {
			state := c.ConnectionState()
			r.TLS = &state
		}
		h.ServeHTTP(w, r)
	})
}

// tlsListener accepts connections on which net/http does not see TLS: it would
// want ALPN to have chosen HTTP/2, and otherwise looks at the first bytes.
type tlsListener struct {
	net.Listener
	config *tls.Config
}

func (l tlsListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	secure := tls.Server(conn, l.config)
	return tlsConn{secure, secure}, nil
}

// tlsConn is a connection with TLS. The handshake takes place in the first Read,
// within net/http's time for the first head.
type tlsConn struct {
	net.Conn
	secure *tls.Conn // the same
}

// Read reads, and tells a client that speaks HTTP without TLS what is wrong.
func (c tlsConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	var header tls.RecordHeaderError
	if errors.As(err, &header) && header.Conn != nil && looksLikeHTTP(header.RecordHeader) {
		_, _ = io.WriteString(header.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nThis address is for HTTPS.\n")
	}
	return n, err
}

// CloseWrite lets net/http end an answer so that the client reads it.
func (c tlsConn) CloseWrite() error { return c.secure.CloseWrite() }

// looksLikeHTTP reports whether what should be the head of a record is the
// beginning of a request.
func looksLikeHTTP(head [5]byte) bool {
	switch string(head[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "PRI *":
		return true
	}
	return false
}
