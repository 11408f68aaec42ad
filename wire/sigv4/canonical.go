package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonicalHash returns the hash of the canonical request (spec data-streams
// §6), whose text most requests leave on the stack.
func canonicalHash(s *signature, r *http.Request, bodyHash [32]byte) [32]byte {
	var room [1024]byte
	b := room[:0]
	b = append(b, r.Method...)
	b = append(b, '\n')
	b = appendPath(b, r.URL)
	b = append(b, '\n')
	b = appendQuery(b, s.query)
	b = append(b, '\n')
	for name := range strings.SplitSeq(s.signedHeaders, ";") {
		b = append(b, name...)
		b = append(b, ':')
		b = appendHeader(b, r, name)
		b = append(b, '\n')
	}
	b = append(b, '\n')
	b = append(b, s.signedHeaders...)
	b = append(b, '\n')
	b = hex.AppendEncode(b, bodyHash[:])
	return sha256.Sum256(b)
}

// appendPath appends the path as it was on the wire, escaped once more, as all
// services but S3 want it.
func appendPath(b []byte, u *url.URL) []byte {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return appendEscaped(b, path, '/')
}

// appendQuery appends the parameters sorted by escaped name, then value.
func appendQuery(b []byte, query url.Values) []byte {
	if len(query) == 0 {
		return b
	}
	type pair struct{ name, value string }
	pairs := make([]pair, 0, len(query))
	for name, values := range query {
		if name == "X-Amz-Signature" {
			continue
		}
		name = string(appendEscaped(nil, name, 0))
		for _, value := range values {
			pairs = append(pairs, pair{name, string(appendEscaped(nil, value, 0))})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	for i, p := range pairs {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(append(append(b, p.name...), '='), p.value...)
	}
	return b
}

// appendHeader appends the values of a signed header, which net/http keeps in
// other places for some.
func appendHeader(b []byte, r *http.Request, name string) []byte {
	values := headerValues(r.Header, name)
	switch {
	case name == "host":
		return appendTrimmed(b, r.Host)
	case name == "content-length" && len(values) == 0:
		return strconv.AppendInt(b, r.ContentLength, 10)
	}
	for i, value := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTrimmed(b, value)
	}
	return b
}

// headerValues is Header.Values, but makes no string of a name in lower case, as
// those of signed headers are.
func headerValues(h http.Header, name string) []string {
	var room [64]byte
	key := append(room[:0], name...)
	first := true // of a word
	for i, c := range key {
		switch {
		case first && 'a' <= c && c <= 'z':
			key[i] = c - 'a' + 'A'
		case !first && 'A' <= c && c <= 'Z':
			key[i] = c - 'A' + 'a'
		}
		first = c == '-'
	}
	return h[string(key)]
}

// appendTrimmed appends value without spaces at its ends and with single ones
// inside.
func appendTrimmed(b []byte, value string) []byte {
	value = strings.Trim(value, " \t")
	for i := range len(value) {
		if value[i] == ' ' && value[i-1] == ' ' {
			continue
		}
		b = append(b, value[i])
	}
	return b
}

// appendEscaped appends text percent-encoded as RFC 3986 wants, with keep (0
// for none) left as it is.
func appendEscaped(b []byte, text string, keep byte) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '.', c == '_', c == '~', c == keep && keep != 0:
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&0xf])
		}
	}
	return b
}
