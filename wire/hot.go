package wire

import (
	"context"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/fault"
)

// outcomeBytes is what a stored record takes in the answer to a put, rounded
// up.
const outcomeBytes = 128

// isHot reports whether a RecordService serves the operation.
func isHot(operation string) bool {
	return operation == "PutRecords" || operation == "PutRecord" || operation == "GetRecords"
}

// hotCall is what an operation that moves records works on. It is pooled: the
// slices keep their room.
type hotCall struct {
	batch kinesisapi.PutBatch
	arena *buffer // holds the batch's records; nil when they came another way
	get   kinesis.GetRecordsInput
	page  kinesisapi.Page
	// decoded says that a hot codec understood the body.
	decoded bool
}

var hotCalls = sync.Pool{New: func() any { return new(hotCall) }}

// prepareHot gives a hot operation's call its hotCall and tries the hot codec
// on the body. A body that codec does not like is left for the generic one.
func (c *call) prepareHot() {
	if c.operation == nil || c.service.Records == nil || !isHot(c.operation.Name) {
		return
	}
	c.hot = hotCalls.Get().(*hotCall)
	coding := c.coding()
	if coding == nil {
		return
	}
	if c.operation.Name == "GetRecords" {
		c.hot.decoded = coding.decodeGetRecords(c.body, &c.hot.get)
		return
	}
	var arena []byte
	if room := coding.arenaBytes(c.body); room > 0 {
		c.hot.arena = takeBuffer(classOf(room))
		arena = c.hot.arena.bytes[:room]
	}
	if c.operation.Name == "PutRecord" {
		c.hot.decoded = coding.decodePutRecord(c.body, arena, &c.hot.batch)
	} else {
		c.hot.decoded = coding.decodePutRecords(c.body, arena, &c.hot.batch)
	}
}

// releaseBody gives the body's buffer to the next request before the records are
// stored, which takes as long as the disk does: so few buffers are in use that
// they stay in the processor's cache. Records without an arena are views of it.
func (c *call) releaseBody() {
	if c.hot.decoded && c.hot.arena != nil {
		c.body, c.signed = nil, nil
		c.whole.release()
	}
}

// release gives back what prepareHot took.
func (c *call) release() {
	hot := c.hot
	if hot == nil {
		return
	}
	if hot.arena != nil {
		hot.arena.release()
	}
	// Views of this request's memory must not outlive it in the pool.
	clear(hot.batch.Records)
	clear(hot.page.Records)
	*hot = hotCall{
		batch: kinesisapi.PutBatch{Records: hot.batch.Records[:0]},
		page:  kinesisapi.Page{Records: hot.page.Records[:0]},
	}
	hotCalls.Put(hot)
}

// answerHot runs a hot operation.
func (h *handler) answerHot(ctx context.Context, w http.ResponseWriter, c *call) error {
	if !c.hot.decoded {
		if err := c.decodeGeneric(); err != nil {
			return err
		}
	}
	if c.operation.Name == "GetRecords" {
		return h.getRecords(ctx, w, c)
	}
	c.releaseBody()
	c.hot.batch.Single = c.operation.Name == "PutRecord"
	ctx, err := h.authorize(ctx, c, &c.hot.batch)
	if err != nil {
		return err
	}
	err = h.carryOut(ctx, c, &c.hot.batch, func(out fault.Outcome) error {
		return h.putBatch(ctx, c, out)
	})
	if err != nil {
		return err
	}
	out := takeBuffer(classOf(outcomeBytes * len(c.hot.batch.Records)))
	defer out.release()
	if c.operation.Name == "PutRecord" {
		out.bytes = c.coding().appendPutRecordOutput(out.bytes, &c.hot.batch)
	} else {
		out.bytes = c.coding().appendPutRecordsOutput(out.bytes, &c.hot.batch)
	}
	send(w, http.StatusOK, c.contentType, out.bytes)
	return nil
}

// decodeGeneric fills the hotCall from a body that the hot codec refused.
func (c *call) decodeGeneric() error {
	clear(c.hot.batch.Records)
	switch c.operation.Name {
	case "GetRecords":
		c.hot.get = kinesis.GetRecordsInput{}
		return c.decode(&c.hot.get, c.operation)
	case "PutRecord":
		var in kinesis.PutRecordInput
		if err := c.decode(&in, c.operation); err != nil {
			return err
		}
		fromPutRecord(&c.hot.batch, &in)
	default:
		var in kinesis.PutRecordsInput
		if err := c.decode(&in, c.operation); err != nil {
			return err
		}
		fromPutRecords(&c.hot.batch, &in)
	}
	return nil
}

// getRecords reads a page and sends it, which may take 14 MiB of memory for as
// long as the client is slow.
func (h *handler) getRecords(ctx context.Context, w http.ResponseWriter, c *call) error {
	p := &c.hot.page
	ctx, err := h.authorize(ctx, c, &c.hot.get)
	if err != nil {
		return err
	}
	err = h.carryOut(ctx, c, &c.hot.get, func(fault.Outcome) error {
		return c.service.Records.GetPage(ctx, &c.hot.get, p)
	})
	if err != nil {
		return err
	}
	room := c.coding().pageBytes(p)
	taken, err := h.pages.take(ctx, int64(room))
	if err != nil {
		return err
	}
	defer h.pages.give(taken)
	out := takeBuffer(classOf(room))
	defer out.release()
	out.bytes = c.coding().appendPage(out.bytes, p)
	send(w, http.StatusOK, c.contentType, out.bytes)
	return nil
}
