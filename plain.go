package leat

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/leat-io/leat/metrics"
	"github.com/leat-io/leat/storage/disklog"
	"github.com/leat-io/leat/wire/admin"
)

// plain returns what is served beside the AWS APIs, by http.ServeMux pattern.
func (s *Server) plain() map[string]http.Handler {
	handlers := map[string]http.Handler{
		"GET /readyz":  http.HandlerFunc(s.serveReady),
		"GET /metrics": metrics.Handler(s.config.Registry, s.sources()),
	}
	if s.config.Admin {
		handlers[admin.Prefix] = admin.New(admin.Options{
			Clock: s.config.Clock, Faults: s.faults, CheckFault: checkFault,
		})
	}
	return handlers
}

// sources returns what the server's figures are read from.
func (s *Server) sources() metrics.Sources {
	log, _ := s.log.(*disklog.Log)
	return metrics.Sources{Wire: &s.requests, Faults: s.faults, Kinesis: s.kinesis, Catalog: s.streams, DynamoDB: s.dynamo, CloudWatch: s.metrics, Log: log}
}

// register adds the figures to the owner's registry, if there is one.
func (s *Server) register() error {
	if s.config.Registry == nil {
		return nil
	}
	figures := metrics.Collector(s.sources())
	if err := s.config.Registry.Register(figures); err != nil {
		return fmt.Errorf("register the metrics: %w", err)
	}
	s.figures = figures
	return nil
}

// unregister takes back what register added.
func (s *Server) unregister() {
	if s.figures != nil {
		s.config.Registry.Unregister(s.figures)
	}
}

// serveReady answers 200 when the server can do its work, and else 503 with the
// reason.
func (s *Server) serveReady(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := s.ready(); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "ready")
}

// ready returns why the server cannot do its work, nil when it can. The reason
// is for strangers too: it names no file.
func (s *Server) ready() error {
	log, durable := s.log.(*disklog.Log)
	switch {
	case durable && log.Err() != nil:
		return errors.New("the log stopped")
	case durable && log.Full():
		return errors.New("storage is full: records are refused")
	}
	return nil
}
