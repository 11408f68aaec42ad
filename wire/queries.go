package wire

import (
	"context"
	"errors"
	"net/http"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/wire/query"
)

// contentXML is the content type of answers in AWS Query.
const contentXML = "text/xml"

// findQuery finds the operation of a call in AWS Query, whose version tells the
// API. A body that is no such call is left without a form.
func (h *handler) findQuery(c *call) {
	form := query.Read(c.body)
	action := form.Text("Action")
	if action == "" {
		return
	}
	c.form, c.name = form, action
	for i := range h.o.Services {
		s := &h.o.Services[i]
		if s.API.Query != nil && s.API.Query.Version == form.Text("Version") {
			c.service = s
			c.operation = s.API.Operations[c.name]
			if s.API.Unshaped[c.name] {
				c.operation = &api.Operation{Name: c.name} // for which there is no handler
			}
		}
	}
}

// serveQuery answers a call in AWS Query.
func (h *handler) serveQuery(w http.ResponseWriter, c *call, id string) {
	if c.operation == nil {
		var of *api.Service
		if c.service != nil {
			of = c.service.API
		}
		h.failQuery(w, of, c, id, api.Errorf("InvalidAction", "Could not find operation %s for version %s", c.name, c.form.Text("Version")))
		return
	}
	c.code = CodeAborted // unless it gets to its end
	ctx, err := h.authenticate(c.request, c)
	if err == nil {
		err = h.answerQuery(ctx, w, c, id)
	}
	c.code = codeOf(err)
	if err != nil {
		h.failQuery(w, c.service.API, c, id, err)
	}
}

// answerQuery runs the operation and sends its output. An error means that
// nothing was sent.
func (h *handler) answerQuery(ctx context.Context, w http.ResponseWriter, c *call, id string) error {
	served, ok := c.service.Handlers[c.operation.Name]
	if !ok {
		return notServed(c.operation.Name)
	}
	input := served.NewInput()
	if err := c.form.Decode(input); err != nil {
		return err
	}
	ctx, err := h.authorize(ctx, c, input)
	if err != nil {
		return err
	}
	var output any
	err = h.carryOut(ctx, c, input, func(fault.Outcome) (err error) {
		output, err = served.Call(ctx, input)
		return err
	})
	if err != nil {
		return err
	}
	b := takeBuffer(0)
	defer b.release()
	b.bytes = query.Append(b.bytes, c.service.API.Query, c.operation.Name, output, id)
	send(w, http.StatusOK, contentXML, b.bytes)
	return nil
}

// failQuery is fail for a call in AWS Query.
func (h *handler) failQuery(w http.ResponseWriter, of *api.Service, c *call, id string, err error) {
	var e *api.Error
	if !errors.As(err, &e) {
		e = &api.Error{Code: "InternalFailure", Err: err}
	}
	status := statusOf(e.Code)
	if e.Err != nil || status >= http.StatusInternalServerError {
		h.o.Logger.Error("request failed", "request_id", id, "operation", c.name, "err", err)
	}
	var speaks *api.Query
	if of != nil {
		speaks = of.Query
	}
	send(w, status, contentXML, query.AppendError(nil, speaks, e, status < http.StatusInternalServerError, id))
}
