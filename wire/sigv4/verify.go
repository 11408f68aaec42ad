package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	maxSkew    = 5 * time.Minute
	maxExpires = 7 * 24 * time.Hour
	// maxKeys bounds the cache of derived keys: a known access key may be used
	// with any region, and the date changes daily.
	maxKeys = 1024
)

// Options configures a Verifier.
type Options struct {
	// Credentials are the known access keys. With nil, every signature of the
	// right form is accepted.
	Credentials Credentials
	// Account is the caller's account when neither the credentials nor a
	// 12-digit access key tell it. Default "000000000000".
	Account string
	// Region is the caller's region when the signature names none. Default
	// "us-east-1".
	Region string
	// Clock defaults to the system's.
	Clock clock.Clock
}

// Verifier authenticates requests. It is safe for concurrent use.
type Verifier struct {
	o Options

	mu struct {
		sync.Mutex
		keys map[keyScope]*signingKey // at most maxKeys
	}
}

// keyScope is what a signing key is derived from, but for the secret.
type keyScope struct{ accessKey, date, region, service string }

// New returns a Verifier.
func New(o Options) *Verifier {
	if o.Account == "" {
		o.Account = "000000000000"
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	v := &Verifier{o: o}
	v.mu.keys = map[keyScope]*signingKey{}
	return v
}

// Anonymous is the caller of a request with no signature, where that is
// allowed.
func (v *Verifier) Anonymous() api.Caller {
	return api.Caller{Account: v.o.Account, Region: v.o.Region}
}

// Signed reports whether a request carries a signature of either form, so that
// it is not for Anonymous.
func Signed(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.URL.RawQuery != "" && r.URL.Query().Has("X-Amz-Algorithm")
}

// Verify returns who signed the request. The form is always checked; whether
// the signature is right, and in the scope of the service, only when
// credentials are configured. The error is an *api.Error with AWS's text.
//
// The body's hash is computed at most once, and only for a known key.
func (v *Verifier) Verify(r *http.Request, body []byte, service string) (api.Caller, error) {
	s, err := parse(r)
	if err != nil {
		return api.Caller{}, err
	}
	caller := api.Caller{Account: v.o.Account, Region: v.o.Region, AccessKey: s.accessKey}
	region := s.region()
	if region != "" {
		caller.Region = region
	}
	if v.o.Credentials == nil {
		if region != "" && !isRegion(region) {
			return api.Caller{}, wrongRegion()
		}
		if isAccount(s.accessKey) {
			caller.Account = s.accessKey
		}
		return caller, nil
	}
	c, ok := v.o.Credentials[s.accessKey]
	if !ok || subtle.ConstantTimeCompare([]byte(c.SessionToken), []byte(s.token)) == 0 {
		return api.Caller{}, api.Errorf("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	if !c.Expires.IsZero() && !v.o.Clock.Now().Before(c.Expires) {
		return api.Caller{}, api.Errorf("ExpiredTokenException", "The security token included in the request is expired")
	}
	caller.Account, caller.ARN = c.Account, c.ARN
	if err := s.checkScope(service); err != nil {
		return api.Caller{}, err
	}
	if err := s.checkTime(v.o.Clock.Now().UTC()); err != nil {
		return api.Caller{}, err
	}
	return caller, v.checkSignature(s, c, r, body)
}

// checkScope compares the scope with the service, and its date with the
// request's, which it parses.
func (s *signature) checkScope(service string) error {
	switch {
	case s.algorithm != algorithm:
		return api.Errorf("IncompleteSignatureException", "Unsupported AWS 'algorithm': '%s'.", s.algorithm)
	case len(s.scope) != 4:
		return api.Errorf("IncompleteSignatureException",
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", s.credential)
	case !isRegion(s.scope[1]):
		return wrongRegion()
	case s.scope[2] != service:
		return invalidf("Credential should be scoped to correct service: '%s'. ", service)
	case s.scope[3] != terminator:
		return invalidf("Credential should be scoped with a valid terminator: '%s'. ", terminator)
	case !s.signs("host"):
		return invalidf("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	case !s.parseDate():
		return api.Errorf("IncompleteSignatureException",
			"Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", s.date)
	case s.basic[:8] != s.scope[0]:
		return invalidf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			s.scope[0], s.basic[:8], s.basic)
	}
	return nil
}

// checkTime compares the request's date with the clock. Requires checkScope.
func (s *signature) checkTime(now time.Time) error {
	lifetime := maxSkew
	if s.presigned && s.query.Has("X-Amz-Expires") {
		seconds, err := strconv.ParseInt(s.query.Get("X-Amz-Expires"), 10, 32)
		lifetime = time.Duration(seconds) * time.Second
		if err != nil || lifetime < time.Second || lifetime > maxExpires {
			return invalidf("X-Amz-Expires must be between 1 and 604800 seconds")
		}
	}
	if earliest := now.Add(-lifetime); s.at.Before(earliest.Truncate(time.Second)) {
		return invalidf("Signature expired: %s is now earlier than %s (%s - %s)",
			s.basic, earliest.Format(basicFormat), now.Format(basicFormat), spell(lifetime))
	}
	if latest := now.Add(maxSkew); s.at.After(latest) {
		return invalidf("Signature not yet current: %s is still later than %s (%s + %s)",
			s.basic, latest.Format(basicFormat), now.Format(basicFormat), spell(maxSkew))
	}
	return nil
}

// spell writes a span as messages do.
func spell(d time.Duration) string {
	if d%time.Minute == 0 {
		return strconv.Itoa(int(d/time.Minute)) + " min."
	}
	return strconv.Itoa(int(d/time.Second)) + " sec."
}

func (v *Verifier) checkSignature(s *signature, c Credential, r *http.Request, body []byte) error {
	canonical := canonicalHash(s, r, sha256.Sum256(body))
	key := v.key(s, c)
	g := key.signer()
	defer key.signers.Put(g)
	var got [sha256.Size]byte
	n, err := 0, error(nil)
	if len(s.hex) == hex.EncodedLen(len(got)) {
		n, err = hex.Decode(got[:], []byte(s.hex))
	}
	if want := g.sign(s, canonical); err != nil || !hmac.Equal(got[:n], want) {
		return invalidf("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// key returns the signing key, derived once per access key, day, region and
// service.
func (v *Verifier) key(s *signature, c Credential) *signingKey {
	scope := keyScope{s.accessKey, s.scope[0], s.scope[1], s.scope[2]}
	v.mu.Lock()
	defer v.mu.Unlock()
	if key, ok := v.mu.keys[scope]; ok {
		return key
	}
	key := newSigningKey(c.SecretAccessKey, s.scope)
	if len(v.mu.keys) == maxKeys {
		clear(v.mu.keys)
	}
	v.mu.keys[scope] = key
	return key
}

func invalidf(format string, args ...any) *api.Error {
	return api.Errorf("InvalidSignatureException", format, args...)
}

func wrongRegion() *api.Error { return invalidf("Credential should be scoped to a valid region. ") }

// maxRegion is longer than any region's name.
const maxRegion = 64

// isRegion reports whether text can name a region. It becomes part of ARNs, which
// are cut at colons, and of metrics' labels, which must be UTF-8.
func isRegion(text string) bool {
	for _, c := range []byte(text) {
		letter, digit := c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9'
		if !letter && !digit && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return text != "" && len(text) <= maxRegion
}

// isAccount reports whether text has the form of an account id.
func isAccount(text string) bool {
	if len(text) != 12 {
		return false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
