package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Bounds on what a connection may cost.
const (
	headerTimeout  = 10 * time.Second
	writeTimeout   = 5 * time.Minute // from the head on: the slowest body and the answer; one that streams moves it
	idleTimeout    = 5 * time.Minute
	maxHeaderBytes = 64 << 10
	// maxStreams is how many calls one HTTP/2 connection may have under way:
	// clients keep hundreds of subscriptions on one (spec data-streams §23).
	maxStreams = 1024
)

// Server owns a listener and serves a handler on it: HTTP/1.1, and HTTP/2 for
// clients that know beforehand (spec data-streams §2.1).
type Server struct {
	listener net.Listener
	http     *http.Server
}

// Listen binds addr. Nothing is answered before Serve.
func Listen(addr string, h http.Handler, logger *slog.Logger) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return newServer(l, h, protocols, logger), nil
}

// ListenTLS is Listen for a server that speaks TLS, with HTTP/2 where a client
// asks for it in the handshake (ALPN), else HTTP/1.1.
func ListenTLS(addr string, h http.Handler, certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error), logger *slog.Logger) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	s := newServer(l, h, protocols, logger)
	s.http.TLSConfig = &tls.Config{GetCertificate: certificate}
	return s, nil
}

func newServer(l net.Listener, h http.Handler, protocols *http.Protocols, logger *slog.Logger) *Server {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Server{l, &http.Server{
		Handler:           h,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // of single connections
	}}
}

// Addr returns the bound address.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Serve answers requests until Shutdown, and then returns nil.
func (s *Server) Serve() error {
	var err error
	if s.http.TLSConfig != nil {
		err = s.http.ServeTLS(s.listener, "", "")
	} else {
		err = s.http.Serve(s.listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", s.Addr(), err)
	}
	return nil
}

// Shutdown stops accepting and waits for the requests being served. When ctx
// ends first it closes their connections and returns the context's error.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.listener.Close() // Serve's server does not know it before Serve
	err := s.http.Shutdown(ctx)
	if err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
