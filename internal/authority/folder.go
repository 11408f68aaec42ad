package authority

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Names in the folder of an authority.
const (
	certName = "ca.pem"
	keyName  = "ca-key.pem"
)

// Path returns the file with the certificate of the authority kept in dir.
func Path(dir string) string { return filepath.Join(dir, certName) }

// Read returns the certificate of the authority kept in dir, without making
// one: the error is then fs.ErrNotExist.
func Read(dir string) ([]byte, error) { return os.ReadFile(Path(dir)) }

// load returns the authority kept in dir, nils when there is none.
//
// The key is written before the certificate. A certificate without its key is
// damage; a key without a certificate is what a crash leaves, and nobody has
// seen that authority.
func load(dir string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	text, err := Read(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	cert, err := decodeCertificate(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", certName, err)
	}
	text, err = os.ReadFile(filepath.Join(dir, keyName))
	if err != nil {
		return nil, nil, err
	}
	key, err := decodeKey(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", keyName, err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, nil, fmt.Errorf("%s is not the key of %s", keyName, certName)
	}
	return cert, key, nil
}

// save keeps an authority in dir. The key is for the owner alone.
func save(dir string, cert *x509.Certificate, key *ecdsa.PrivateKey) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := replace(filepath.Join(dir, keyName), text, 0o600); err != nil {
		return err
	}
	return replace(Path(dir), encodeCertificate(cert), 0o644)
}

// replace writes a file so that there is the old or the new one at any time.
func replace(name string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".new*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func encodeCertificate(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func decodeCertificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no certificate in PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

func decodeKey(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("no private key in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	if key, ok := key.(*ecdsa.PrivateKey); ok {
		return key, nil
	}
	return nil, fmt.Errorf("a key of type %T", key)
}
