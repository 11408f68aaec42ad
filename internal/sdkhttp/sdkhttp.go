// Package sdkhttp keeps the AWS SDK for Go apart from a race in it that a
// quick server on the same machine brings out.
//
// The SDK closes a request's body as soon as the response's headers are there.
// net/http may just then be looking whether the body has more bytes than were
// announced, which it does with io.Copy, and so with WriteTo where the body has
// one. After Close the body's Read says io.EOF, which is right, and its WriteTo
// returns io.EOF, which io.Copy passes on as a failure (smithy-go 1.28,
// transport/http/internal/io/safe.go). net/http then closes the connection
// under the response; the SDK cannot read it, tries again, and a batch that was
// stored is stored a second time.
package sdkhttp

import (
	"io"
	"net/http"
)

// Doer is what the SDK needs of an HTTP client.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Wrap returns a client that sends requests by way of inner, with bodies that
// can only be read.
func Wrap(inner Doer) Doer { return wrapped{inner} }

type wrapped struct{ inner Doer }

func (w wrapped) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = readOnly{r.Body}
	}
	return w.inner.Do(r)
}

// readOnly hides every other method of a body.
type readOnly struct{ io.ReadCloser }
