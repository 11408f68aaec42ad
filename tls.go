package leat

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-io/leat/internal/authority"
)

// TLSFolder returns the folder below a data folder in which a server keeps the
// certificate authority it has made.
func TLSFolder(data string) string { return filepath.Join(data, "tls") }

// openCertificate returns who chooses the certificate for a client: the files
// that were given, or an authority of our own.
func (s *Server) openCertificate() (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
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
