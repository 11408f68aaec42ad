package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

// signingKey is a key that is derived for a scope. It is safe for concurrent
// use.
type signingKey struct {
	key     []byte
	signers sync.Pool // of *signer
}

// newSigningKey derives the key of a secret for the parts of a scope.
func newSigningKey(secret string, scope []string) *signingKey {
	key := []byte("AWS4" + secret)
	for _, part := range scope {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	return &signingKey{key: key}
}

// signer returns a signer, which its user puts back into the pool.
func (k *signingKey) signer() *signer {
	if g, ok := k.signers.Get().(*signer); ok {
		return g
	}
	return &signer{mac: hmac.New(sha256.New, k.key)}
}

// signer signs with one key. Its memory is used over and over, and its hash
// keeps what the key alone makes of it.
type signer struct {
	mac       hash.Hash
	text, sum []byte // scratch
}

// sign returns the signature of a request with the hash of its canonical form.
// It is valid until the next call.
func (g *signer) sign(s *signature, canonical [sha256.Size]byte) []byte {
	b := append(g.text[:0], algorithm+"\n"...)
	b = append(b, s.basic...)
	b = append(b, '\n')
	for i, part := range s.scope {
		if i > 0 {
			b = append(b, '/')
		}
		b = append(b, part...)
	}
	b = append(b, '\n')
	g.text = hex.AppendEncode(b, canonical[:])

	g.mac.Reset()
	g.mac.Write(g.text)
	g.sum = g.mac.Sum(g.sum[:0])
	return g.sum
}
