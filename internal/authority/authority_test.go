package authority

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// handshake connects a client that trusts only the authority with ca to a
// server, by the name, or by the address when that is empty. It returns the
// certificate the server showed.
func handshake(t *testing.T, ca []byte, name string, get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) (*x509.Certificate, error) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: get})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if conn, err := l.Accept(); err == nil {
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
		}
	}()
	defer func() { <-done }()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatalf("not a certificate: %s", ca)
	}
	if name == "" {
		name = "127.0.0.1"
	}
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: name})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

func TestNames(t *testing.T) {
	a, err := Open("", Options{Names: []string{"leat", "192.0.2.7"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"", "127.0.0.1", "::1", "192.0.2.7", "localhost", "LOCALHOST", "leat", "a.example",
		"kinesis.us-east-1.amazonaws.com", "kinesis-fips.eu-west-3.api.aws", "123456789012.data-kinesis.ap-south-1.amazonaws.com",
		"monitoring.cn-north-1.amazonaws.com.cn",
	} {
		leaf, err := handshake(t, a.PEM(), name, a.GetCertificate)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		// Every client accepts what is valid for three months.
		if d := leaf.NotAfter.Sub(leaf.NotBefore); d > 100*24*time.Hour {
			t.Errorf("%q: valid for %v", name, d)
		}
	}
	if _, err := handshake(t, a.PEM(), "192.0.2.8", a.GetCertificate); err == nil {
		t.Error("a certificate for a foreign address")
	}
	other, err := Open("", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := handshake(t, other.PEM(), "localhost", a.GetCertificate); err == nil {
		t.Error("another authority was as good")
	}
}

// reached is a connection whose server end has the address.
type reached struct {
	net.Conn
	addr net.Addr
}

func (r reached) LocalAddr() net.Addr { return r.addr }

// TestAddresses checks that the certificate is for the address reached.
func TestAddresses(t *testing.T) {
	a, err := Open("", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ip := range []string{"192.0.2.9", "2001:db8::1", "fe80::1%eth0", "127.0.0.1"} {
		addr, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(ip, "4568"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := a.GetCertificate(&tls.ClientHelloInfo{Conn: reached{addr: addr}})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Leaf.VerifyHostname(addr.IP.String()); err != nil {
			t.Error(err)
		}
	}
}

// TestMany asks for more names than are kept, and for impossible ones.
func TestMany(t *testing.T) {
	a, err := Open("", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxLeaves {
		name := fmt.Sprintf("host-%d.example", i)
		c, err := a.GetCertificate(&tls.ClientHelloInfo{ServerName: name})
		if err != nil || c.Leaf.VerifyHostname(name) != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := len(a.mu.leaves); n > maxLeaves {
			t.Fatalf("%d are kept", n)
		}
		if again, _ := a.GetCertificate(&tls.ClientHelloInfo{ServerName: name}); again != c {
			t.Fatal("made twice")
		}
	}
	if _, err := a.GetCertificate(&tls.ClientHelloInfo{ServerName: "é\xff"}); err == nil {
		t.Error("an impossible name got a certificate")
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "tls")
	if _, err := Read(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read of nothing: %v", err)
	}
	a, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := Read(dir); err != nil || !bytes.Equal(kept, a.PEM()) || !bytes.Equal(kept, again.PEM()) {
		t.Errorf("another authority after a restart: %v", err)
	}
	if _, err := handshake(t, a.PEM(), "localhost", again.GetCertificate); err != nil {
		t.Error(err)
	}
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(filepath.Join(dir, keyName)); err != nil || info.Mode() != 0o600 {
			t.Errorf("the key's mode: %v, %v", info.Mode(), err)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 2 {
		t.Errorf("files: %v", names)
	}
}

// TestDamage checks that an authority is never replaced because its files
// cannot be read: somebody may trust it.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	other := t.TempDir()
	for _, d := range []string{dir, other} {
		if _, err := Open(d, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	foreign, err := os.ReadFile(filepath.Join(other, keyName))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, content string }{
		{keyName, ""}, {keyName, string(foreign)}, {keyName, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
		{certName, ""}, {certName, string(foreign)}, {certName, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
	} {
		name := filepath.Join(dir, test.name)
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{}); err == nil {
			t.Errorf("%s = %.30q was opened", test.name, test.content)
		}
		if err := os.WriteFile(name, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, Options{}); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(dir, keyName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); err == nil {
		t.Error("an authority without its key was opened")
	}
	if err := os.WriteFile(filepath.Join(other, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(other, "file", "tls"), Options{}); err == nil {
		t.Error("a folder below a file was made")
	}
}

// TestRenewal moves the time past the ends of certificates.
func TestRenewal(t *testing.T) {
	now := time.Now()
	dir := t.TempDir()
	o := Options{Now: func() time.Time { return now }}
	a, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	hello := &tls.ClientHelloInfo{ServerName: "localhost"}
	var last *tls.Certificate
	made := 0
	for range 40 { // weeks
		c, err := a.GetCertificate(hello)
		if err != nil {
			t.Fatal(err)
		}
		if left := c.Leaf.NotAfter.Sub(now); left <= renewal {
			t.Errorf("%v left", left)
		}
		if c != last {
			made++
		}
		last = c
		now = now.Add(7 * 24 * time.Hour)
	}
	if made < 4 || made > 6 {
		t.Errorf("%d certificates in 40 weeks", made)
	}
	first := a.PEM()
	for _, years := range []int{9, 10} {
		same := years == 9
		now = time.Now().AddDate(years, 0, 0)
		b, err := Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(b.PEM(), first) != same {
			t.Errorf("after %d years: the same is %v", years, !same)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			if _, err := Open(filepath.Join(b.TempDir(), "x"), Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	dir := b.TempDir()
	for name, d := range map[string]string{"kept": dir, "memory": ""} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Open(d, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("issue", func(b *testing.B) {
		a, err := Open("", Options{})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := a.issue(subject{}, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
