package wire

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
	"time"
)

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// inflate returns what a body says that was compressed with gzip, or the body
// when it was not. The signature is over what was sent, which is kept beside
// it; both count in the budget, and the limit holds for both. What is not
// gzip is returned as it is: no coding understands it, and that answer comes
// in its turn. On an error nothing is held.
func (h *handler) inflate(r *http.Request, sent *body) (*body, error) {
	if !strings.EqualFold(strings.TrimSpace(r.Header.Get("Content-Encoding")), "gzip") {
		return sent, nil
	}
	from := gzipReaders.Get().(*gzip.Reader)
	defer gzipReaders.Put(from)
	if from.Reset(bytes.NewReader(sent.bytes)) != nil {
		return sent, nil
	}
	first := weight(classes[0])
	if _, err := h.bodies.take(r.Context(), first); err != nil {
		sent.drop()
		return nil, err
	}
	plain := &body{buffer: takeBuffer(0), memory: h.bodies, held: first, length: -1}
	switch err := plain.read(r.Context(), from, 0, func(time.Time) {}); err {
	case nil:
		plain.sent = sent
		return plain, nil
	case errTooLarge, errNoMemory:
		plain.drop()
		sent.drop()
		return nil, err
	default:
		plain.drop()
		return sent, nil
	}
}
