package sigv4

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
)

var known = Credentials{
	"AKIALONG":  {AccessKeyID: "AKIALONG", SecretAccessKey: "secret/+", Account: "111111111111"},
	"ASIASHORT": {AccessKeyID: "ASIASHORT", SecretAccessKey: "other", SessionToken: "token/+=", Account: "222222222222"},
}

// now is the verifier's time in these tests.
var now = time.Date(2026, 1, 1, 0, 11, 0, 0, time.UTC)

type fixedClock struct{ clock.System }

func (fixedClock) Now() time.Time { return now }

func strict() *Verifier { return New(Options{Credentials: known, Clock: fixedClock{}}) }

// form is a request to be signed by the SDK.
type form struct {
	method, url string
	header      http.Header
	body        string
	accessKey   string
	region      string
	service     string
	at          time.Time
	presign     bool
	expires     string // of a presigned one; "none" leaves it out
}

func (f form) withDefaults() form {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&f.method, "POST")
	set(&f.url, "http://localhost:4567/")
	set(&f.accessKey, "AKIALONG")
	set(&f.region, "us-east-1")
	set(&f.service, "kinesis")
	set(&f.expires, "900")
	if f.at.IsZero() {
		f.at = now
	}
	return f
}

// signed returns the request as a server sees it, after a trip over a
// connection's bytes.
func (f form) signed(t *testing.T) (*http.Request, []byte) {
	t.Helper()
	f = f.withDefaults()
	r, err := http.NewRequest(f.method, f.url, strings.NewReader(f.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range f.header {
		r.Header[name] = values
	}
	c := known[f.accessKey]
	creds := aws.Credentials{AccessKeyID: f.accessKey, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	sum := sha256.Sum256([]byte(f.body))
	hash := hex.EncodeToString(sum[:])
	signer := v4.NewSigner()
	if f.presign {
		if q := r.URL.Query(); f.expires != "none" {
			q.Set("X-Amz-Expires", f.expires)
			r.URL.RawQuery = q.Encode()
		}
		signedURL, header, err := signer.PresignHTTP(context.Background(), creds, r, hash, f.service, f.region, f.at)
		if err != nil {
			t.Fatal(err)
		}
		if r, err = http.NewRequest(f.method, signedURL, strings.NewReader(f.body)); err != nil {
			t.Fatal(err)
		}
		for name, values := range header {
			if name != "Host" && name != "Content-Length" {
				r.Header[name] = values
			}
		}
	} else if err := signer.SignHTTP(context.Background(), creds, r, hash, f.service, f.region, f.at); err != nil {
		t.Fatal(err)
	}
	return roundTrip(t, r), []byte(f.body)
}

func roundTrip(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	got := make(chan *http.Request, 1)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r.Clone(context.Background())
	}))
	defer s.Close()
	r = r.Clone(context.Background())
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.URL.Host = s.Listener.Addr().String()
	r.Header = r.Header.Clone()
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return <-got
}

func TestVerifiesWhatTheSDKSigns(t *testing.T) {
	for name, f := range map[string]form{
		"plain":         {body: "{}"},
		"empty body":    {},
		"session token": {body: "{}", accessKey: "ASIASHORT"},
		"other region":  {region: "cn-northwest-1"},
		"path":          {url: "http://localhost/a%20b/%2Fc/é/~x*y/"},
		"double slash":  {url: "http://localhost//a//b"},
		"query":         {url: "http://localhost/?b=2&a=1&a=0&c=%20+%2B&d&e=%C3%A9&A=x&*=~"},
		"headers": {header: http.Header{
			"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"Kinesis_20131202.PutRecord"},
			"X-Amz-Meta-Spaces": {"  two   spaces  inside "}, "X-Amz-Meta-Many": {"a", "b , c"}, "Amz-Sdk-Invocation-Id": {"1"},
		}},
		"ipv6":                               {url: "http://[::1]:4567/"},
		"default port":                       {url: "http://kinesis.us-east-1.amazonaws.com:80/"},
		"expiry that is not the signature's": {url: "http://localhost/?X-Amz-Expires=1", at: now.Add(-4 * time.Minute)},
		"a little early":                     {at: now.Add(4 * time.Minute)},
		"a little late":                      {at: now.Add(-5 * time.Minute)},
		"presigned":                          {presign: true, method: "GET", url: "http://localhost:4567/x?y=z"},
		"presigned POST":                     {presign: true, body: "{}", accessKey: "ASIASHORT", at: now.Add(-14 * time.Minute), header: http.Header{"X-Amz-Target": {"Kinesis_20131202.ListStreams"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r, body := f.signed(t)
			f = f.withDefaults()
			caller, err := strict().Verify(r, body, "kinesis")
			if err != nil {
				t.Fatal(err)
			}
			if want := (api.Caller{Account: known[f.accessKey].Account, Region: f.region, AccessKey: f.accessKey}); caller != want {
				t.Errorf("got %+v, want %+v", caller, want)
			}
			if len(body) > 0 {
				if _, err := strict().Verify(r, append(body, 'x'), "kinesis"); err == nil {
					t.Error("another body was accepted")
				}
			}
			r.Host += "x"
			if _, err := strict().Verify(r, body, "kinesis"); err == nil {
				t.Error("another host was accepted")
			}
		})
	}
}

// TestVerifiesRandomRequests does the same with shapes nobody thought of.
func TestVerifiesRandomRequests(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		const alphabet = "abcZ019-_.~ *+/=&%?éß"
		letters := []rune(alphabet)
		b := make([]rune, 1+rnd.IntN(8))
		for i := range b {
			b[i] = letters[rnd.IntN(len(letters))]
		}
		return string(b)
	}
	v := strict()
	for i := range 100 {
		r := httptest.NewRequest("POST", "http://localhost/", nil)
		r.URL.Path = "/" + word() + "/" + word()
		q := r.URL.Query()
		for range rnd.IntN(4) {
			q.Add(word(), word())
		}
		r.URL.RawQuery = q.Encode()
		r.Header.Set("X-Amz-Meta-A", strings.ToValidUTF8(word(), ""))
		body := []byte(word())
		sum := sha256.Sum256(body)
		creds := aws.Credentials{AccessKeyID: "AKIALONG", SecretAccessKey: "secret/+"}
		if err := v4.NewSigner().SignHTTP(context.Background(), creds, r, hex.EncodeToString(sum[:]), "kinesis", "r", now); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(r, body, "kinesis"); err != nil {
			t.Errorf("request %d, %s: %v", i, r.URL, err)
		}
	}
}

// wantError checks the code and the text of an error.
func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) || e.Code != code || e.Message != message {
		t.Errorf("got  %v\nwant %s: %s", err, code, message)
	}
}

const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

func TestRefuses(t *testing.T) {
	replace := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	for name, test := range map[string]struct {
		form          form
		change        func(*http.Request)
		code, message string
	}{
		"unknown key": {form{accessKey: "AKIAOTHER"}, nil, "UnrecognizedClientException", "The security token included in the request is invalid."},
		"missing token": {form{accessKey: "ASIASHORT"}, func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") },
			"UnrecognizedClientException", "The security token included in the request is invalid."},
		"token where none belongs": {form{}, func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "t") },
			"UnrecognizedClientException", "The security token included in the request is invalid."},
		"wrong secret": {form{}, replace("Signature=", "Signature=00"), "InvalidSignatureException", mismatch},
		"no signature": {form{}, replace("Signature=", "Signature=xyz"), "InvalidSignatureException", mismatch},
		"other target": {form{header: http.Header{"X-Amz-Target": {"a"}}}, func(r *http.Request) { r.Header.Set("X-Amz-Target", "b") }, "InvalidSignatureException", mismatch},
		"expired": {form{at: now.Add(-11 * time.Minute)}, nil, "InvalidSignatureException",
			"Signature expired: 20260101T000000Z is now earlier than 20260101T000600Z (20260101T001100Z - 5 min.)"},
		"not yet": {form{at: now.Add(6 * time.Minute)}, nil, "InvalidSignatureException",
			"Signature not yet current: 20260101T001700Z is still later than 20260101T001600Z (20260101T001100Z + 5 min.)"},
		"presigned too long ago": {form{presign: true, at: now.Add(-20 * time.Minute)}, nil, "InvalidSignatureException",
			"Signature expired: 20251231T235100Z is now earlier than 20251231T235600Z (20260101T001100Z - 15 min.)"},
		"other service": {form{service: "firehose"}, nil, "InvalidSignatureException", "Credential should be scoped to correct service: 'kinesis'. "},
		"no region":     {form{}, replace("/us-east-1/", "//"), "InvalidSignatureException", "Credential should be scoped to a valid region. "},
		"odd region":    {form{}, replace("/us-east-1/", "/us:east/"), "InvalidSignatureException", "Credential should be scoped to a valid region. "},
		"other date": {form{}, replace("/20260101/", "/20260102/"), "InvalidSignatureException",
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260102' != '20260101', from '20260101T001100Z'."},
		"terminator": {form{}, replace("/aws4_request", "/aws5_request"), "InvalidSignatureException", "Credential should be scoped with a valid terminator: 'aws4_request'. "},
		"short scope": {form{}, replace("/us-east-1/kinesis/aws4_request", ""), "IncompleteSignatureException",
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIALONG/20260101'"},
		"algorithm":       {form{}, replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), "IncompleteSignatureException", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'."},
		"host not signed": {form{}, replace("host;", ""), "InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		"bad date": {form{}, func(r *http.Request) { r.Header.Set("X-Amz-Date", "yesterday") }, "IncompleteSignatureException",
			"Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601"},
	} {
		t.Run(name, func(t *testing.T) {
			r, body := test.form.signed(t)
			if test.change != nil {
				test.change(r)
			}
			_, err := strict().Verify(r, body, "kinesis")
			wantError(t, err, test.code, test.message)
		})
	}
}

func TestExpires(t *testing.T) {
	for expires, want := range map[string]bool{"1": true, "604800": true, "none": true, "0": false, "-1": false, "604801": false, "x": false} {
		r, body := form{presign: true, expires: expires}.signed(t)
		_, err := strict().Verify(r, body, "kinesis")
		if !want {
			wantError(t, err, "InvalidSignatureException", "X-Amz-Expires must be between 1 and 604800 seconds")
		} else if err != nil {
			t.Errorf("%s: %v", expires, err)
		}
	}
}

// TestForm checks what holds with and without known keys (spec data-streams
// §6, first four rows).
func TestForm(t *testing.T) {
	const header = "Authorization header requires "
	const date = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	const whole = "Credential=a, SignedHeaders=b, Signature=c"
	for _, test := range []struct {
		authorization, date, query string
		code, message              string
	}{
		{"", "", "", "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"", "20260101T000000Z", "X-Amz-Signature=x", "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"a", "", "X-Amz-Algorithm", "InvalidSignatureException",
			"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
		{"a", "", "", "IncompleteSignatureException",
			header + "'Credential' parameter. " + header + "'Signature' parameter. " + header + "'SignedHeaders' parameter. " + date + "Authorization=a"},
		{"AWS4- Signature=b Credential=a", "20260101T000000Z", "", "IncompleteSignatureException",
			header + "'SignedHeaders' parameter. Authorization=AWS4- Signature=b Credential=a"},
		{"AWS4- Credential=a,SignedHeaders=b", "", "", "IncompleteSignatureException",
			header + "'Signature' parameter. " + date + "Authorization=AWS4- Credential=a,SignedHeaders=b"},
		{"x " + whole, "", "", "IncompleteSignatureException", date + "Authorization=x " + whole},
		{"", "", "X-Amz-Algorithm=a", "IncompleteSignatureException",
			"AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
		{"", "", "X-Amz-Algorithm", "IncompleteSignatureException",
			"AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
	} {
		r := httptest.NewRequest("POST", "http://localhost/?"+test.query, nil)
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		if test.date != "" {
			r.Header.Set("X-Amz-Date", test.date)
		}
		for _, v := range []*Verifier{strict(), New(Options{})} {
			_, err := v.Verify(r, nil, "kinesis")
			wantError(t, err, test.code, test.message)
		}
	}
}

// TestAnySignature checks who the caller is where no keys are known.
func TestAnySignature(t *testing.T) {
	v := New(Options{Account: "999999999999", Region: "eu-west-1"})
	for credential, want := range map[string]api.Caller{
		"123456789012/20260101/us-west-2/kinesis/aws4_request": {Account: "123456789012", Region: "us-west-2", AccessKey: "123456789012"},
		"test/20260101/us-west-2/kinesis/aws4_request":         {Account: "999999999999", Region: "us-west-2", AccessKey: "test"},
		"12345678901x": {Account: "999999999999", Region: "eu-west-1", AccessKey: "12345678901x"},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host,Signature=0 Credential="+credential)
		r.Header.Set("Date", "x")
		if got, err := v.Verify(r, nil, "kinesis"); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", credential, got, err, want)
		}
	}
}

// TestOddRegions refuses where no keys are known, too, what cannot be a region:
// it would be in ARNs and in the labels of metrics.
func TestOddRegions(t *testing.T) {
	for _, region := range []string{"\xff", "us:east", "us\"east", "r\u00e9gion", strings.Repeat("r", maxRegion+1)} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host,Signature=0 Credential=test/20260101/"+region+"/kinesis/aws4_request")
		r.Header.Set("Date", "x")
		_, err := New(Options{}).Verify(r, nil, "kinesis")
		wantError(t, err, "InvalidSignatureException", "Credential should be scoped to a valid region. ")
	}
}

// TestKeyCache checks that the cache stays within its bound and does not mix
// keys up.
func TestKeyCache(t *testing.T) {
	v := strict()
	for i := range maxKeys + 10 {
		r := httptest.NewRequest("POST", "/", nil)
		sum := sha256.Sum256(nil)
		creds := aws.Credentials{AccessKeyID: "AKIALONG", SecretAccessKey: "secret/+"}
		if err := v4.NewSigner().SignHTTP(context.Background(), creds, r, hex.EncodeToString(sum[:]), "kinesis", fmt.Sprint("region-", i%(maxKeys+5)), now); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(r, nil, "kinesis"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(v.mu.keys); n < 2 || n > maxKeys {
		t.Errorf("%d keys", n)
	}
}

// TestOneKey verifies requests of one key at the same time: what a signature is
// computed with must not be shared.
func TestOneKey(t *testing.T) {
	v := strict()
	var wg sync.WaitGroup
	for i := range 4 {
		r, body := form{body: fmt.Sprint("body ", i)}.signed(t)
		wg.Go(func() {
			for range 200 {
				if _, err := v.Verify(r, body, "kinesis"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestSignatureLength(t *testing.T) {
	r, body := form{body: "{}"}.signed(t)
	whole := r.Header.Get("Authorization")
	if _, err := strict().Verify(r, body, "kinesis"); err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{whole[:len(whole)-1], whole[:len(whole)-2], whole + "0", whole + "00"} {
		r.Header.Set("Authorization", header)
		if _, err := strict().Verify(r, body, "kinesis"); err == nil {
			t.Errorf("accepted %s", header)
		}
	}
}

func TestHeaderValues(t *testing.T) {
	h := http.Header{}
	for _, name := range []string{"X-Amz-Date", "Amz-Sdk-Invocation-Id", "A", "X--Y", "X-Amz-" + strings.Repeat("long-", 30)} {
		h.Set(name, "value of "+name)
	}
	for name := range h {
		for _, spelled := range []string{name, strings.ToLower(name), strings.ToUpper(name), name + "x"} {
			if got, want := headerValues(h, spelled), h.Values(spelled); !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", spelled, got, want)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host;x, Signature=00", "X-Amz-Algorithm=a&b=%zz")
	f.Fuzz(func(t *testing.T, authorization, query string) {
		r := httptest.NewRequest("POST", "/", nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Amz-Date", now.Format(basicFormat))
		if _, err := strict().Verify(r, nil, "kinesis"); err == nil {
			t.Error("accepted")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 500)
	r := httptest.NewRequest("POST", "http://localhost:4567/", nil)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.PutRecord")
	sum := sha256.Sum256(body)
	creds := aws.Credentials{AccessKeyID: "AKIALONG", SecretAccessKey: "secret/+"}
	if err := v4.NewSigner().SignHTTP(context.Background(), creds, r, hex.EncodeToString(sum[:]), "kinesis", "us-east-1", now); err != nil {
		b.Fatal(err)
	}
	v := strict()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(r, body, "kinesis"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestExpiredSession(t *testing.T) {
	session := known["ASIASHORT"]
	for at, want := range map[time.Time]string{
		now.Add(time.Second): "",
		now:                  "ExpiredTokenException: The security token included in the request is expired",
		now.Add(-time.Hour):  "ExpiredTokenException: The security token included in the request is expired",
	} {
		session.Expires = at
		v := New(Options{Credentials: Credentials{"ASIASHORT": session}, Clock: fixedClock{}})
		r, body := form{body: "{}", accessKey: "ASIASHORT"}.signed(t)
		_, err := v.Verify(r, body, "kinesis")
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("expires %v: got %v, want %q", at, err, want)
		}
	}
}
