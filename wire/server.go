package wire

import (
	"context"
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
// clients that know beforehand (spec data-streams §2.1) or offer to change over.
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
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	s := &Server{listener: l}
	s.http = &http.Server{
		Handler:           h,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       s.withServer,
		ConnContext:       withUpgraded,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // of single connections
	}
	return s, nil
}

// Addr returns the bound address.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Serve answers requests until Shutdown, and then returns nil.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
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
