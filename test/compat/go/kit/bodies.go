package kit

import (
	"io"
	"net/http"
)

// Doer is an HTTP client, as the SDK v2 sees it.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// PlainBodies returns inner with request bodies that can only be read. Against
// a server on the same machine the SDK v2 otherwise may close a connection under
// the answer, which is a subscription's end: docs/compat.md tells the story.
func PlainBodies(inner Doer) Doer { return plainBodies{inner} }

type plainBodies struct{ inner Doer }

func (c plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.inner.Do(r)
}
