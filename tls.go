package leat

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/leat-io/leat/internal/authority"
	"github.com/leat-io/leat/wire"
)

// TLSFolder returns the folder below a data folder in which a server keeps the
// certificate authority it has made.
func TLSFolder(data string) string { return filepath.Join(data, "tls") }

// openSecure binds the address of TLS, behind which is the same handler. It
// returns nil when there is none.
func (s *Server) openSecure(h http.Handler) (*wire.Server, error) {
	c := s.config
	if c.TLSListen == "" {
		return nil, nil
	}
	certificate, err := s.certificate()
	if err != nil {
		return nil, err
	}
	door, err := wire.ListenTLS(c.TLSListen, h, certificate, c.Logger)
	if c.TLSOptional && errors.Is(err, syscall.EADDRINUSE) {
		c.Logger.Warn("no TLS: its address is in use; --tls-listen gives another", "addr", c.TLSListen)
		s.authority, s.config.TLSFolder = nil, ""
		return nil, nil
	}
	return door, err
}

// certificate returns who chooses the certificate for a client: the files that
// were given, or an authority of our own.
func (s *Server) certificate() (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
	c := s.config
	if c.TLSCert != "" {
		pair, err := authority.OpenPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return nil, err
		}
		return pair.GetCertificate, nil
	}
	folder, options := c.TLSFolder, authority.Options{Names: certificateNames(c.TLSListen)}
	if folder == "" && c.Durability != DurabilityMemory {
		folder = TLSFolder(c.Data)
	}
	a, err := authority.Open(folder, options)
	if noFolder := (*fs.PathError)(nil); c.Durability == DurabilityMemory && errors.As(err, &noFolder) {
		c.Logger.Warn("the certificate authority cannot be kept and will be another at the next start", "err", err)
		folder = ""
		a, err = authority.Open(folder, options)
	}
	if err != nil {
		return nil, err
	}
	s.authority, s.config.TLSFolder = a.PEM(), folder
	return a.GetCertificate, nil
}

// certificateNames returns the names by which clients may know this machine
// without saying so.
func certificateNames(listen string) []string {
	names := []string{"leat"} // what the service is called where containers are composed
	if host, err := os.Hostname(); err == nil && host != "" {
		names = append(names, strings.ToLower(host))
	}
	host, _, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		names = append(names, strings.ToLower(host))
	}
	return names
}

// TLSURL returns the endpoint with TLS for a client on this machine, such as
// "https://127.0.0.1:4568", and "" when there is none.
func (s *Server) TLSURL() string {
	if s.secure == nil {
		return ""
	}
	return "https://" + hostPort(s.secure.Addr())
}

// Authority returns the certificate, in PEM, of the authority that a client of
// TLSURL must trust. It is nil when the server was given a certificate, and
// without TLS.
func (s *Server) Authority() []byte { return s.authority }

// hostPort returns an address as a client on this machine reaches it.
func hostPort(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
	}
	return addr.String()
}

// doors returns the front doors.
func (s *Server) doors() []*wire.Server {
	if s.secure == nil {
		return []*wire.Server{s.door}
	}
	return []*wire.Server{s.door, s.secure}
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
