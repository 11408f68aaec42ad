package wire

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/wire/sigv4"
)

// handler is the front door. It is safe for concurrent use and immutable but
// for its memory budgets.
type handler struct {
	o        Options
	services map[string]*Service // by target prefix
	verifier *sigv4.Verifier
	bodies   *memory
	pages    *memory
	plain    *http.ServeMux
}

// New returns the front door as an http.Handler.
func New(o Options) http.Handler {
	o = o.withDefaults()
	h := &handler{
		o:        o,
		services: map[string]*Service{},
		verifier: sigv4.New(sigv4.Options{Credentials: o.Credentials, Account: o.Account, Region: o.Region, Clock: o.Clock}),
		bodies:   newMemory(o.BodyMemoryBytes, o.MemoryWait, &o.Metrics.BodyBytes),
		pages:    newMemory(o.PageMemoryBytes, o.MemoryWait, &o.Metrics.PageBytes),
		plain:    http.NewServeMux(),
	}
	for i := range o.Services {
		h.services[o.Services[i].API.TargetPrefix] = &o.Services[i]
	}
	h.plain.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	})
	for pattern, p := range o.Plain {
		h.plain.Handle(pattern, p)
	}
	return h
}

// ServeHTTP answers one request, or changes its connection over to HTTP/2, where
// it is answered.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, upgraded := h.upgrade(w, r)
	if upgraded {
		return
	}
	if kept, ok := r.Body.(*keptBody); ok {
		defer kept.Close()
	}
	h.respond(w, r)
}

// respond answers one request. The checks stand in AWS's order
// (spec data-streams §5), which clients' tests rely on.
func (h *handler) respond(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/" {
		if p, pattern := h.plain.Handler(r); pattern != "" {
			p.ServeHTTP(w, r)
			return
		}
	}
	h.o.Metrics.InFlight.Add(1)
	defer h.o.Metrics.InFlight.Add(-1)
	body, err := h.readBody(w, r)
	if err != nil {
		h.bodyFailed(w, r, err)
		return
	}
	id := h.identify(w, r)
	defer body.give()
	defer h.recover(w, r, id)
	rest := h.dispatch(w, r, id, body)
	// Not deferred: after a panic nobody knows who still looks at the buffer,
	// so it is left to the garbage collector.
	body.release()
	if rest != nil {
		body.give()
		rest(id)
	}
}

// dispatch answers a request whose body was read (spec data-streams §5, from
// step 3 on). What it returns, if anything, is the rest of the answer, for
// which the body is not needed.
func (h *handler) dispatch(w http.ResponseWriter, r *http.Request, id string, body *body) (rest func(id string)) {
	if r.Header.Get("Origin") != "" && cors(w, r) {
		return nil
	}
	if r.Method != http.MethodPost {
		noOperation(w)
		return nil
	}
	began := time.Now()
	c := h.newCall(r, body)
	h.o.Metrics.spoke(r, c.contentType)
	defer func() { h.o.Metrics.count(c.outcome(), time.Since(began)) }()
	h.serve(w, r, c, id)
	rest = c.rest
	c.release() // not deferred, for the same reason
	return rest
}

// bodyFailed answers a request whose body could not be read, and ends its
// connection: what else is on it would be read as the next request.
func (h *handler) bodyFailed(w http.ResponseWriter, r *http.Request, err error) {
	switch err {
	case errTooLarge:
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_ = http.NewResponseController(w).Flush() // so that it is chunked, as AWS's
		return
	case errNoMemory, errSlow:
	default:
		panic(http.ErrAbortHandler) // the connection is broken; there is nobody to answer
	}
	id := h.identify(w, r)
	w.Header()["Connection"] = []string{"close"}
	h.fail(w, mediaType(r), nil, id, r.Header.Get("X-Amz-Target"), err)
}

// recover turns a panic below into an internal failure. Whether anything was
// sent before is not known; if so the client sees a broken answer, as it
// should.
func (h *handler) recover(w http.ResponseWriter, r *http.Request, id string) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		h.fail(w, mediaType(r), nil, id, r.Header.Get("X-Amz-Target"), err)
	}
}

// fail answers with err: as it is when it is an API error, else as an internal
// failure whose cause only the log tells. The API is nil when it is not known.
func (h *handler) fail(w http.ResponseWriter, contentType string, of *api.Service, id, operation string, err error) {
	var e *api.Error
	if !errors.As(err, &e) {
		e = &api.Error{Code: "InternalFailure", Err: err}
	}
	if e.Err != nil || statusOf(e.Code) >= http.StatusInternalServerError {
		h.o.Logger.Error("request failed", "request_id", id, "operation", operation, "err", err)
	}
	if codingOf(contentType) == nil || contentType == contentPlainJSON {
		contentType = contentJSON
	}
	sendError(w, contentType, of, e)
}

// cors answers a preflight, and adds to any other answer what lets a browser's
// script read it. It reports whether the request is done.
func cors(w http.ResponseWriter, r *http.Request) bool {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodOptions {
		header.Set("Access-Control-Expose-Headers", exposedHeaders)
		return false
	}
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		header.Set("Access-Control-Allow-Headers", asked)
	}
	if asked := r.Header.Get("Access-Control-Request-Method"); asked != "" {
		header.Set("Access-Control-Allow-Methods", asked)
	}
	header.Set("Access-Control-Max-Age", "172800")
	send(w, http.StatusOK, "", nil)
	return true
}

// noOperation answers a request that does not say what it wants.
func noOperation(w http.ResponseWriter) {
	sendXML(w, http.StatusForbidden, "AccessDeniedException", "Unable to determine service/operation name to be authorized")
}

// mediaType returns the content type without parameters.
func mediaType(r *http.Request) string {
	t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(t)
}
