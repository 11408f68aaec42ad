package kinesis

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// tokenLifeMillis is for how long a NextToken may be used (spec data-streams
// §20.2).
const tokenLifeMillis = 300_000

// tokenKind tells the tokens of different operations apart.
type tokenKind byte

const (
	streamsToken   tokenKind = 1 // of ListStreams: the last name given
	shardsToken    tokenKind = 2 // of ListShards: see shardListing
	consumersToken tokenKind = 3 // of ListStreamConsumers: stream, last name given
)

// A NextToken is unpadded URL-safe base64 of
//
//	version   1 B  1
//	kind      1 B
//	issued    8 B  Unix milliseconds, big-endian
//	body           what the operation goes on from
//	tag      16 B  of HMAC-SHA-256 over the above
//
// so that a client can only hand in what it was given.
const (
	tokenVersion = 1
	tokenBodyAt  = 10
	tokenTag     = 16
	maxToken     = 1024 // characters; longer ones are not ours
)

var tokenEncoding = base64.RawURLEncoding.Strict()

// tokenSealer makes and reads NextTokens. Its zero value is ready.
type tokenSealer struct {
	mu  sync.Mutex
	key []byte // derived from the installation's secret when first needed
}

// tokenKey returns the key that NextTokens are authenticated with.
func (s *Service) tokenKey(ctx context.Context) ([]byte, error) {
	t := &s.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.key == nil {
		secret, err := s.secret(ctx)
		if err != nil {
			return nil, err
		}
		t.key, err = hkdf.Key(sha256.New, secret, nil, "leat next token 1", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive the key of next tokens: %w", err)
		}
	}
	return t.key, nil
}

// sealToken returns a token for the body, issued now.
func (s *Service) sealToken(ctx context.Context, kind tokenKind, body []byte) (*string, error) {
	key, err := s.tokenKey(ctx)
	if err != nil {
		return nil, err
	}
	buf := []byte{tokenVersion, byte(kind)}
	buf = binary.BigEndian.AppendUint64(buf, uint64(s.nowMillis()))
	buf = append(buf, body...)
	text := tokenEncoding.EncodeToString(append(buf, tokenMAC(key, buf)...))
	return &text, nil
}

// openToken returns the body of a token that sealToken made of the same kind.
func (s *Service) openToken(ctx context.Context, kind tokenKind, text string) ([]byte, error) {
	body, issuedMillis, err := s.readToken(ctx, kind, text)
	if err == nil && s.nowMillis()-issuedMillis > tokenLifeMillis {
		return nil, api.Errorf(kinesisapi.ExpiredNextToken, "NextToken expired.")
	}
	return body, err
}

// readToken is openToken for a token of any age.
func (s *Service) readToken(ctx context.Context, kind tokenKind, text string) (body []byte, issuedMillis int64, err error) {
	if len(text) > maxToken {
		return nil, 0, errInvalidToken
	}
	key, err := s.tokenKey(ctx)
	if err != nil {
		return nil, 0, err
	}
	buf, err := tokenEncoding.DecodeString(text)
	if err != nil || len(buf) < tokenBodyAt+tokenTag {
		return nil, 0, errInvalidToken
	}
	signed, tag := buf[:len(buf)-tokenTag], buf[len(buf)-tokenTag:]
	if !hmac.Equal(tag, tokenMAC(key, signed)) || signed[0] != tokenVersion || signed[1] != byte(kind) {
		return nil, 0, errInvalidToken
	}
	return signed[tokenBodyAt:], int64(binary.BigEndian.Uint64(signed[2:])), nil
}

func tokenMAC(key, signed []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(signed)
	return mac.Sum(nil)[:tokenTag]
}

var errInvalidToken = api.Errorf(kinesisapi.InvalidArgument, "Invalid NextToken.")
