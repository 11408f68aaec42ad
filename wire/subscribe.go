package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/eventstream"
)

// What an event takes in memory. A full one is asked for when the budget of
// pages has room; otherwise the event is so small that it may go without. So
// subscribers that take nothing make the events of the others small, at worst.
const (
	fullEvent       = 1 << 20 // bytes of records
	fullEventMemory = 4 << 20 // in JSON, unless keys need escapes
	smallEvent      = 16 << 10
	smallMemory     = 64 << 10
	keptRecords     = 256 // between two events of a subscription
)

// push answers a SubscribeToShard with an event stream that ends with the
// subscription: the initial response at once, each event as soon as there is
// one, and at last, if it did not end well, the exception. Messages are in the
// coding of the request.
func (h *handler) push(ctx context.Context, w http.ResponseWriter, id string, c coding, s Subscription) {
	defer s.Close()
	w.Header()["Content-Type"] = []string{eventstream.ContentType}
	w.WriteHeader(http.StatusOK)
	p := pusher{
		handler: h, id: id, coding: c, w: w, control: http.NewResponseController(w),
		headers: messageHeaders(":event-type", "SubscribeToShardEvent", "event", c),
	}
	initial := messageHeaders(":event-type", "initial-response", "event", c)
	if p.send(eventstream.Append(nil, initial, c.append(nil, &kinesis.SubscribeToShardOutput{}, nil))) != nil {
		return
	}
	for s.Wait(ctx) == nil {
		if err := p.event(ctx, s); err != nil {
			p.end(ctx, err)
			return
		}
	}
}

// messageHeaders returns the headers of a message, in the order in which AWS
// sends them.
func messageHeaders(kind, what, message string, c coding) []byte {
	return eventstream.Headers(kind, what, ":content-type", c.eventType(), ":message-type", message)
}

// pusher is one such answer.
type pusher struct {
	*handler
	id      string // of the request
	coding  coding
	w       http.ResponseWriter
	control *http.ResponseController
	headers []byte          // of events
	page    kinesisapi.Page // reused
	timed   time.Time       // when the deadline for writing was set
}

// errGone says that there is nobody to send to.
var errGone = errors.New("the subscriber is gone")

// event sends the next event. While it waits for the subscriber to take it, it
// holds the message and nothing else.
func (p *pusher) event(ctx context.Context, s Subscription) error {
	most, memory := fullEvent, int64(fullEventMemory)
	if !p.pages.try(memory) {
		most, memory = smallEvent, 0
	}
	defer func() { p.pages.give(memory) }()
	if err := s.Next(ctx, most, &p.page); err != nil {
		return err
	}
	room := p.coding.pageBytes(&p.page) + len(p.headers) + eventstream.Overhead
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
	b.bytes = eventstream.Begin(b.bytes, p.headers)
	b.bytes = p.coding.appendEvent(b.bytes, &p.page)
	b.bytes = eventstream.End(b.bytes, 0)
	p.forget()
	if p.send(b.bytes) != nil {
		return errGone
	}
	return nil
}

// forget gives up the records of the page, which are views of memory that
// others want back, and the room for many of them.
func (p *pusher) forget() {
	clear(p.page.Records)
	if cap(p.page.Records) > keptRecords {
		p.page.Records = nil
	}
}

// send sends one message. A subscriber that does not take it is cut off.
func (p *pusher) send(message []byte) error {
	p.extend()
	if _, err := p.w.Write(message); err != nil {
		return err
	}
	return p.control.Flush()
}

// extend moves the deadline for writing, unless that was done a moment ago: it
// is a fifth of what a small event costs over HTTP/2. It stays while nothing is
// to be written, so events have to come more often.
func (p *pusher) extend() {
	if now := time.Now(); now.Sub(p.timed) > p.o.PushTimeout/4 {
		_ = p.control.SetWriteDeadline(now.Add(p.o.PushTimeout)) // a test's recorder has none
		p.timed = now
	}
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
		p.o.Logger.Error("subscription failed", "request_id", p.id, "err", err)
	}
	headers := messageHeaders(":exception-type", e.Code, "exception", p.coding)
	_ = p.send(eventstream.Append(nil, headers, p.coding.appendMessage(nil, e.Message)))
}
