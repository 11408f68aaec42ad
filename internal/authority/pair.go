package authority

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// checkInterval is how often a Pair looks whether its files were replaced.
const checkInterval = 10 * time.Second

// Pair is a certificate that somebody else renews, in two files of PEM. It is
// safe for concurrent use.
type Pair struct {
	certFile, keyFile string

	mu struct {
		sync.Mutex
		certificate *tls.Certificate
		changed     [2]time.Time // of the files, when certificate was read
		checked     time.Time
	}
}

// OpenPair reads a certificate, with those of its issuers behind it, and its
// key.
func OpenPair(certFile, keyFile string) (*Pair, error) {
	p := &Pair{certFile: certFile, keyFile: keyFile}
	if err := p.loadLocked(); err != nil {
		return nil, err
	}
	return p, nil
}

// GetCertificate returns the certificate that is in the files now, and goes on
// with the one before when they hold none: a file may be half written. It is
// for tls.Config.GetCertificate.
func (p *Pair) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.mu.checked) > checkInterval {
		p.mu.checked = now
		if changed, err := p.changed(); err == nil && changed != p.mu.changed {
			_ = p.loadLocked() // the next look tries again
		}
	}
	return p.mu.certificate, nil
}

// loadLocked reads the files. Requires mu, or that nobody else has p.
func (p *Pair) loadLocked() error {
	changed, err := p.changed()
	if err != nil {
		return err
	}
	certificate, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", p.certFile, p.keyFile, err)
	}
	p.mu.certificate, p.mu.changed = &certificate, changed
	return nil
}

// changed returns when the files were changed.
func (p *Pair) changed() (at [2]time.Time, err error) {
	for i, name := range []string{p.certFile, p.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return at, err
		}
		at[i] = info.ModTime()
	}
	return at, nil
}
