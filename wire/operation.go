package wire

import (
	"context"
	"net/http"
	"strings"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/wire/query"
	"github.com/leat-io/leat/wire/sigv4"
)

// call is one request on its way to an operation.
type call struct {
	request      *http.Request
	contentType  string // without parameters
	rpc          bool   // a call of Smithy RPC v2
	prefix, name string // of the target, empty when not given
	service      *Service
	operation    *api.Operation // nil when the target names none
	body         []byte
	signed       []byte          // the body as it was sent
	whole        *body           // what both are views of
	hot          *hotCall        // of an operation that moves records, else nil
	decode       decode          // of the body, unless hot.decoded
	code         string          // how it ended, for Metrics; empty before it is run
	form         *query.Form     // of a call in AWS Query, else nil
	rest         func(id string) // what is left to do when the body is given back; nil for most
}

// newCall finds the operation that a request is for, and decodes the body when
// that is one that moves records.
func (h *handler) newCall(r *http.Request, b *body) *call {
	c := &call{request: r, body: b.bytes, signed: b.signed(), whole: b, contentType: mediaType(r), rpc: isRPC(r)}
	if c.contentType == contentQuery && !c.rpc && r.Header.Get("X-Amz-Target") == "" {
		h.findQuery(c)
		return c
	}
	if c.rpc {
		c.prefix, c.name = rpcTarget(r)
	} else {
		c.prefix, c.name, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	}
	c.service = h.services[c.prefix]
	if c.service != nil {
		c.operation = c.service.API.Operations[c.name]
		if c.service.API.Unshaped[c.name] {
			c.operation = &api.Operation{Name: c.name} // for which there is no handler
		}
	}
	c.prepareHot()
	return c
}

// serve answers a POST (spec data-streams §5, from step 5 on).
func (h *handler) serve(w http.ResponseWriter, r *http.Request, c *call, id string) {
	if c.form != nil {
		h.serveQuery(w, c, id)
		return
	}
	if len(c.body) == 0 {
		contentType := contentCBOR
		switch {
		case c.rpc:
			contentType = contentRPC
		case c.contentType == contentJSON || c.contentType == contentJSON10:
			contentType = c.contentType
		}
		code := "SerializationException"
		if c.operation == nil {
			code = "UnknownOperationException"
		}
		sendError(w, contentType, nil, &api.Error{Code: code})
		return
	}
	if c.coding() == nil {
		if c.prefix == "" || c.name == "" {
			noOperation(w)
		} else {
			sendXML(w, http.StatusNotFound, "UnknownOperationException", "")
		}
		return
	}
	if !c.parse() {
		if c.contentType == contentPlainJSON {
			sendPlain(w, http.StatusBadRequest, "SerializationException")
		} else {
			sendError(w, c.contentType, nil, &api.Error{Code: "SerializationException"})
		}
		return
	}
	if c.contentType == contentPlainJSON {
		if !h.o.AllowPlainJSON {
			sendPlain(w, http.StatusNotFound, "UnknownOperationException")
			return
		}
		c.contentType = contentJSON
	}
	if c.operation == nil {
		sendError(w, c.contentType, nil, &api.Error{Code: "UnknownOperationException"})
		return
	}
	h.run(w, r, c, id)
}

// notServed is the answer to an operation that AWS has and this server has not.
// Clients do not retry it.
func notServed(operation string) *api.Error {
	return api.Errorf("UnknownOperationException", "This server does not serve %s yet.", operation)
}

// outcome returns what kind of request the call was.
func (c *call) outcome() Request {
	out := Request{Code: c.code}
	if c.operation != nil {
		out.Operation = c.operation.Name
	}
	if out.Code == "" {
		out.Code = CodeRefused
	}
	return out
}

// coding returns how the call's bodies are written, nil when that cannot be
// told: the content type of RPC and RPC itself need each other, and an API
// speaks one version of AWS JSON.
func (c *call) coding() coding {
	if c.rpc != (c.contentType == contentRPC) {
		return nil
	}
	if c.service != nil && c.rpc && c.service.API.JSONOnly {
		return nil
	}
	if c.service != nil && !c.rpc && c.service.API.JSON10 != (c.contentType == contentJSON10) {
		return nil
	}
	return codingOf(c.contentType)
}

// parse looks at the body as far as to know that it is an object or map.
func (c *call) parse() (ok bool) {
	if c.hot != nil && c.hot.decoded {
		return true
	}
	c.decode, ok = c.coding().parse(c.body)
	return ok
}

// run authenticates, decodes, calls and answers.
func (h *handler) run(w http.ResponseWriter, r *http.Request, c *call, id string) {
	c.code = CodeAborted // unless it gets to its end
	ctx, err := h.authenticate(r, c)
	if err == nil {
		err = h.answer(ctx, w, c)
	}
	c.code = codeOf(err)
	if err != nil {
		h.fail(w, c.contentType, c.service.API, id, c.operation.Name, err)
	}
}

// authenticate returns a context that carries the caller.
func (h *handler) authenticate(r *http.Request, c *call) (context.Context, error) {
	if h.o.AllowUnsigned && !sigv4.Signed(r) {
		return api.WithCaller(r.Context(), h.verifier.Anonymous()), nil
	}
	caller, err := h.verifier.Verify(r, c.signed, c.service.API.SigningName)
	if err != nil {
		return nil, err
	}
	return api.WithCaller(r.Context(), caller), nil
}

// answer runs the operation and sends its output. An error means that nothing
// was sent.
func (h *handler) answer(ctx context.Context, w http.ResponseWriter, c *call) error {
	if c.hot != nil {
		return h.answerHot(ctx, w, c)
	}
	served, ok := c.service.Handlers[c.operation.Name]
	if !ok {
		return notServed(c.operation.Name)
	}
	input := served.NewInput()
	if err := c.decode(input, c.operation); err != nil {
		return err
	}
	ctx, err := h.authorize(ctx, c, input)
	if err != nil {
		return err
	}
	var output any
	var pushed Subscription
	defer func() {
		if pushed != nil && c.rest == nil {
			pushed.Close() // a fault came after it
		}
	}()
	err = h.carryOut(ctx, c, input, func(fault.Outcome) (err error) {
		if output, err = served.Call(ctx, input); err == nil {
			pushed, _ = output.(Subscription)
		}
		return err
	})
	if err != nil {
		return err
	}
	if pushed != nil {
		coding := c.coding()
		c.rest = func(id string) { h.push(ctx, w, id, coding, pushed) }
		return nil
	}
	if c.operation.NoOutput {
		send(w, http.StatusOK, c.contentType, nil)
		return nil
	}
	b := takeBuffer(0)
	defer b.release()
	b.bytes = c.coding().append(b.bytes, output, c.service.API.RequiredLists)
	send(w, http.StatusOK, c.contentType, b.bytes)
	return nil
}
