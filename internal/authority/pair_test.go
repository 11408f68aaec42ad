package authority

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writePair writes a certificate for the name, changed at.
func writePair(t *testing.T, a *Authority, dir, name string, at time.Time) (certFile, keyFile string) {
	t.Helper()
	c, err := a.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(a.leafKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: c.Leaf.Raw},
		keyFile:  {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestPair(t *testing.T) {
	a, err := Open("", Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	now := time.Now()
	certFile, keyFile := writePair(t, a, dir, "first.example", now)
	p, err := OpenPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	shows := func(name string) {
		t.Helper()
		p.mu.checked = time.Time{} // as if the interval had passed
		leaf, err := handshake(t, a.PEM(), name, p.GetCertificate)
		if err != nil || leaf.VerifyHostname(name) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	shows("first.example")
	writePair(t, a, dir, "second.example", now.Add(time.Second))
	shows("second.example")
	if err := os.WriteFile(certFile, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	shows("second.example")
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	shows("second.example")
	writePair(t, a, dir, "third.example", now.Add(2*time.Second))
	shows("third.example")

	for _, pair := range [][2]string{{certFile, certFile}, {filepath.Join(dir, "none"), keyFile}, {certFile, filepath.Join(dir, "none")}} {
		if _, err := OpenPair(pair[0], pair[1]); err == nil {
			t.Errorf("%v was opened", pair)
		}
	}
}
