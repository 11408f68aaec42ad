// Package authority makes the certificates of a server that was given none. It
// keeps a certificate authority in a folder, made when it is first needed, and
// issues a certificate for whatever name a client knows the server by: who
// trusts the authority can use any name that leads here.
//
// This package's API may change.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	// lifetime is the authority's. It is long since people hand its certificate
	// around.
	lifetime = 10 * 365 * 24 * time.Hour
	// leafLifetime is a server certificate's. It is short since nobody has to
	// do anything for the next.
	leafLifetime = 90 * 24 * time.Hour
	// renewal is how long before its end a certificate is no longer used.
	renewal = 30 * 24 * time.Hour
	// backdate makes certificates valid for clients whose clock is behind.
	backdate = 24 * time.Hour
	// maxLeaves bounds the certificates that are kept: clients choose names.
	maxLeaves = 128
)

// Options configures an Authority. The zero value is usable.
type Options struct {
	// Names are host names and IP addresses that every certificate is for,
	// beside those of loopback: clients that connect to an address, and Java's
	// to a name without a dot, do not say which.
	Names []string
	// Now tells the time, that of clients and not of a test; nil is time.Now.
	Now func() time.Time
}

// Authority is a certificate authority with the certificates it issued. It is
// safe for concurrent use.
type Authority struct {
	o       Options
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey
	leafKey *ecdsa.PrivateKey

	mu struct {
		sync.Mutex
		leaves map[subject]*tls.Certificate // at most maxLeaves
	}
}

// subject is what a certificate is for, beside Options.Names.
type subject struct {
	name string
	ip   netip.Addr
}

// Open returns the authority kept in dir, and makes it when there is none, or
// when its end is near. With an empty dir it is kept nowhere.
func Open(dir string, o Options) (*Authority, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Authority{o: o}
	a.mu.leaves = map[subject]*tls.Certificate{}
	var err error
	if a.leafKey, err = newKey(); err != nil {
		return nil, err
	}
	if dir != "" {
		if a.cert, a.key, err = load(dir); err != nil {
			return nil, fmt.Errorf("open the certificate authority in %s: %w", dir, err)
		}
	}
	if a.cert == nil || a.cert.NotAfter.Sub(o.Now()) < leafLifetime {
		if err := a.create(dir); err != nil {
			return nil, fmt.Errorf("make a certificate authority: %w", err)
		}
	}
	return a, nil
}

// create makes a new authority and keeps it in dir, unless that is empty.
func (a *Authority) create(dir string) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	number, err := serial()
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: number,
		// Clients that trust several find the right one by its name.
		Subject:               pkix.Name{Organization: []string{"leat"}, CommonName: "leat authority " + hex.EncodeToString(number.Bytes()[:4])},
		NotBefore:             a.o.Now().Add(-backdate),
		NotAfter:              a.o.Now().Add(lifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	a.key = key
	if dir == "" {
		return nil
	}
	return save(dir, a.cert, a.key)
}

// PEM returns the certificate of the authority, for clients to trust.
func (a *Authority) PEM() []byte { return encodeCertificate(a.cert) }

// GetCertificate returns the certificate for the name that a client asks for
// and the address it has reached; it is for tls.Config.GetCertificate.
func (a *Authority) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	s := a.subjectOf(hello)
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.o.Now()
	if leaf, ok := a.mu.leaves[s]; ok && leaf.Leaf.NotAfter.Sub(now) > renewal {
		return leaf, nil
	}
	leaf, err := a.issue(s, now)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	if len(a.mu.leaves) == maxLeaves {
		clear(a.mu.leaves)
	}
	a.mu.leaves[s] = leaf
	return leaf, nil
}

// subjectOf returns what the certificate for a client must be for.
func (a *Authority) subjectOf(hello *tls.ClientHelloInfo) subject {
	var s subject
	if hello.Conn != nil {
		if at, err := netip.ParseAddrPort(hello.Conn.LocalAddr().String()); err == nil && !at.Addr().IsLoopback() {
			s.ip = at.Addr().Unmap().WithZone("")
		}
	}
	s.name = strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	for _, name := range a.names() {
		if s.name == name {
			s.name = ""
		}
	}
	return s
}

// names returns what every certificate is for.
func (a *Authority) names() []string {
	return append([]string{"localhost", "127.0.0.1", "::1"}, a.o.Names...)
}

// issue makes a certificate.
func (a *Authority) issue(s subject, now time.Time) (*tls.Certificate, error) {
	number, err := serial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          number,
		Subject:               pkix.Name{Organization: []string{"leat"}, CommonName: "leat"},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(leafLifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	names := a.names()
	if s.name != "" {
		names = append(names, s.name)
	}
	for _, name := range names {
		if ip, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if s.ip.IsValid() {
		template.IPAddresses = append(template.IPAddresses, s.ip.AsSlice())
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.leafKey.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: a.leafKey, Leaf: leaf}, nil
}

// newKey returns a key on P-256, which every client knows and which costs no
// time to make.
func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// serial returns a random serial number of 127 bits, the first of which is set.
func serial() (*big.Int, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, err
	}
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b[:]), nil
}
