package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/awsjson"
	"github.com/leat-io/leat/wire/eventstream"
)

// pushTimeout is how long a subscriber may take to take one event: KCL gives up
// a subscription that brings nothing for so long.
const pushTimeout = time.Minute

// What an event takes in memory. A full one is asked for when the budget of
// pages has room; otherwise the event is so small that it may go without. So
// subscribers that take nothing make the events of the others small, at worst.
const (
	fullEvent       = 1 << 20 // bytes of records
	fullEventMemory = 4 << 20 // in JSON, unless keys need escapes
	smallEvent      = 16 << 10
	smallMemory     = 64 << 10
)

// push answers a SubscribeToShard with an event stream that ends with the
// subscription: the initial response at once, each event as soon as there is
// one, and at last, if it did not end well, the exception.
func (h *handler) push(ctx context.Context, w http.ResponseWriter, s Subscription) {
	defer s.Close()
	w.Header()["Content-Type"] = []string{eventstream.ContentType}
	w.WriteHeader(http.StatusOK)
	p := pusher{handler: h, w: w, control: http.NewResponseController(w)}
	if p.send(eventstream.Append(nil, initialHeaders, []byte("{}"))) != nil {
		return
	}
	for s.Wait(ctx) == nil {
		if err := p.event(ctx, s); err != nil {
			p.end(ctx, err)
			return
		}
	}
}

// pusher is one such answer.
type pusher struct {
	*handler
	w       http.ResponseWriter
	control *http.ResponseController
	page    kinesisapi.Page // reused
}

const jsonEvent = "application/json" // the content type of a message

var (
	initialHeaders = eventstream.Headers(
		":event-type", "initial-response", ":content-type", jsonEvent, ":message-type", "event")
	eventHeaders = eventstream.Headers(
		":event-type", "SubscribeToShardEvent", ":content-type", jsonEvent, ":message-type", "event")
)

// errGone says that there is nobody to send to.
var errGone = errors.New("the subscriber is gone")

// event sends the next event.
func (p *pusher) event(ctx context.Context, s Subscription) error {
	most, memory := fullEvent, int64(fullEventMemory)
	if !p.pages.try(memory) {
		most, memory = smallEvent, 0
	}
	defer func() { p.pages.give(memory) }()
	if err := s.Next(ctx, most, &p.page); err != nil {
		return err
	}
	defer clear(p.page.Records) // views of memory that others want back
	room := awsjson.PageBytes(&p.page) + len(eventHeaders) + eventstream.Overhead
	switch need := int64(room); {
	case memory > need:
		p.pages.give(memory - need)
		memory = need
	case need > memory && need > smallMemory:
		more, err := p.pages.take(ctx, need-memory)
		if err != nil {
			return errors.New("no memory free for an event of a single record")
		}
		memory += more
	}
	b := takeBuffer(classOf(room))
	defer b.release()
	b.bytes = eventstream.Begin(b.bytes, eventHeaders)
	b.bytes = awsjson.AppendEvent(b.bytes, &p.page)
	b.bytes = eventstream.End(b.bytes, 0)
	if p.send(b.bytes) != nil {
		return errGone
	}
	return nil
}

// send sends one message. A subscriber that does not take it is cut off.
func (p *pusher) send(message []byte) error {
	_ = p.control.SetWriteDeadline(time.Now().Add(pushTimeout)) // a test's recorder has none
	if _, err := p.w.Write(message); err != nil {
		return err
	}
	return p.control.Flush()
}

// end tells the subscriber why there is no further event, unless that is as it
// should be.
func (p *pusher) end(ctx context.Context, err error) {
	if err == io.EOF || err == errGone || ctx.Err() != nil {
		return
	}
	var e *api.Error
	if !errors.As(err, &e) {
		e = &api.Error{Code: kinesisapi.InternalFailure, Message: "Internal service failure.", Err: err}
	}
	if e.Err != nil {
		p.o.Logger.Error("subscription failed", "request_id", p.w.Header()[headerRequestID][0], "err", err)
	}
	headers := eventstream.Headers(
		":exception-type", e.Code, ":content-type", jsonEvent, ":message-type", "exception")
	_ = p.send(eventstream.Append(nil, headers, awsjson.AppendMessage(nil, e.Message)))
}
