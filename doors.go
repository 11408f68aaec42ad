package leat

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/leat-io/leat/wire"
)

// bind takes the addresses. Clients that connect wait until the doors serve.
func (s *Server) bind() (err error) {
	c := s.config
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) })
	if s.door, err = wire.Listen(c.Listen, handler, c.Logger); err != nil || c.TLSListen == "" {
		return err
	}
	certificate := func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return s.certificate(hello) }
	s.secure, err = wire.ListenTLS(c.TLSListen, handler, certificate, c.Logger)
	if c.TLSOptional && errors.Is(err, syscall.EADDRINUSE) {
		c.Logger.Warn("no TLS: its address is in use; --tls-listen gives another", "addr", c.TLSListen)
		s.config.TLSFolder = ""
		return nil
	}
	return err
}

// whyBusy returns the error to report when bind has failed. Whoever has the
// address is likely to have the data folder as well, which is the better thing
// to say then.
func (s *Server) whyBusy(err error) error {
	if _, noData := os.Stat(s.config.Data); noData != nil || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	log, inUse := s.openLog()
	if inUse != nil {
		return inUse
	}
	return errors.Join(err, log.Close())
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// doors returns the front doors that are bound.
func (s *Server) doors() []*wire.Server {
	return slices.DeleteFunc([]*wire.Server{s.door, s.secure}, func(d *wire.Server) bool { return d == nil })
}

// serve answers requests until the doors are shut, or one of them fails.
func (s *Server) serve() {
	defer close(s.served)
	doors := s.doors()
	ended := make(chan error, len(doors))
	for _, d := range doors {
		s.serving.Go(func() { ended <- d.Serve() })
	}
	for range doors {
		if s.serveErr = <-ended; s.serveErr != nil {
			return
		}
	}
}

// shut shuts the doors, all with the same grace.
func (s *Server) shut(ctx context.Context) error {
	doors := s.doors()
	errs := make([]error, len(doors))
	var shutting sync.WaitGroup
	for i, d := range doors {
		shutting.Go(func() { errs[i] = d.Shutdown(ctx) })
	}
	shutting.Wait()
	<-s.served
	s.serving.Wait() // for the other door, when serve has ended because of one
	return errors.Join(errs...)
}
