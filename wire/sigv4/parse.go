package sigv4

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leat-io/leat/api"
)

// signature is what a request says about how it is signed.
type signature struct {
	algorithm     string
	accessKey     string
	scope         []string  // date, region, service, terminator; as many as were given
	room          [4]string // for scope
	credential    string    // access key and scope as given
	signedHeaders string    // as given, separated by semicolons
	hex           string
	date          string // of the request, in either form; never empty
	token         string // empty when not given
	query         url.Values
	presigned     bool // signed in the query string

	// Set by parseDate.
	at    time.Time // UTC
	basic string    // at in basicFormat
}

// region returns the region of the scope, and "" when there is no whole scope.
func (s *signature) region() string {
	if len(s.scope) != 4 {
		return ""
	}
	return s.scope[1]
}

// parse reads the signature and checks its form only. The texts are AWS's, and
// need no known key.
func parse(r *http.Request) (*signature, error) {
	header := r.Header.Get("Authorization")
	var query url.Values
	if r.URL.RawQuery != "" {
		query = r.URL.Query()
	}
	presigned := query.Has("X-Amz-Algorithm")
	switch {
	case header != "" && presigned:
		return nil, api.Errorf("InvalidSignatureException",
			"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case presigned:
		return parseQuery(query)
	case header != "":
		return parseHeader(r, header, query)
	}
	return nil, api.Errorf("MissingAuthenticationTokenException", "Missing Authentication Token")
}

func parseHeader(r *http.Request, header string, query url.Values) (*signature, error) {
	s := &signature{query: query, token: r.Header.Get("X-Amz-Security-Token")}
	var credential string
	var rest string
	s.algorithm, rest, _ = strings.Cut(header, " ")
	for rest != "" {
		var part string
		part, rest = cutPart(rest)
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "Credential":
			credential = value
		case "Signature":
			s.hex = value
		case "SignedHeaders":
			s.signedHeaders = value
		}
	}
	s.date = r.Header.Get("X-Amz-Date")
	if s.date == "" {
		s.date = r.Header.Get("Date")
	}
	var missing strings.Builder
	for _, part := range []struct{ name, value string }{
		{"Credential", credential}, {"Signature", s.hex}, {"SignedHeaders", s.signedHeaders},
	} {
		if part.value == "" {
			missing.WriteString("Authorization header requires '" + part.name + "' parameter. ")
		}
	}
	if s.date == "" {
		missing.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	if missing.Len() > 0 {
		return nil, api.Errorf("IncompleteSignatureException", "%sAuthorization=%s", missing.String(), header)
	}
	s.setCredential(credential)
	return s, nil
}

// cutPart returns what stands before the first comma or space, which may be
// nothing, and what stands behind.
func cutPart(text string) (part, rest string) {
	for i := range len(text) {
		if text[i] == ',' || text[i] == ' ' {
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

func parseQuery(query url.Values) (*signature, error) {
	var missing strings.Builder
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if query.Get(name) == "" {
			missing.WriteString("AWS query-string parameters must include '" + name + "'. ")
		}
	}
	if missing.Len() > 0 {
		return nil, api.Errorf("IncompleteSignatureException", "%sRe-examine the query-string parameters.", missing.String())
	}
	s := &signature{
		algorithm:     query.Get("X-Amz-Algorithm"),
		signedHeaders: query.Get("X-Amz-SignedHeaders"),
		hex:           query.Get("X-Amz-Signature"),
		date:          query.Get("X-Amz-Date"),
		token:         query.Get("X-Amz-Security-Token"),
		query:         query,
		presigned:     true,
	}
	s.setCredential(query.Get("X-Amz-Credential"))
	return s, nil
}

func (s *signature) setCredential(credential string) {
	s.credential = credential
	var more bool
	s.accessKey, credential, more = strings.Cut(credential, "/")
	s.scope = s.room[:0]
	for more {
		var part string
		part, credential, more = strings.Cut(credential, "/")
		s.scope = append(s.scope, part)
	}
}

// basicFormat is the form of X-Amz-Date and of the string to sign.
const basicFormat = "20060102T150405Z"

// parseDate reads the request's date, which a Date header has in HTTP's form,
// into at and basic.
func (s *signature) parseDate() bool {
	t, err := time.Parse(basicFormat, s.date)
	if err == nil {
		s.at, s.basic = t, s.date
		return true
	}
	t, err = http.ParseTime(s.date)
	s.at = t.UTC()
	s.basic = s.at.Format(basicFormat)
	return err == nil
}

// signs reports whether the header is among those signed.
func (s *signature) signs(header string) bool {
	for name := range strings.SplitSeq(s.signedHeaders, ";") {
		if name == header {
			return true
		}
	}
	return false
}
