package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/leat-io/leat/api"
)

const (
	// maxBodyBytes fits 10 MiB of records in base64 with their keys
	// (spec data-streams §5).
	maxBodyBytes = 16 << 20
	// bodyBytesPerSecond is the least rate of a body: see Options.BodyGrace.
	bodyBytesPerSecond = 64 << 10
)

var errTooLarge = errors.New("body larger than 16 MiB")

// errNoMemory is the answer to a request that found none; SDKs try again.
var errNoMemory error = &api.Error{
	Code:    "ServiceUnavailable",
	Message: "The request has failed due to a temporary failure of the server.",
	Err:     errors.New("no memory free for the request"),
}

// errSlow is the answer to a client that does not send what it announced.
var errSlow error = api.Errorf("RequestTimeoutException", "The body of the request did not arrive in time.")

// classes are the sizes of pooled buffers. A body moves up only when it has
// filled the one it is in, so that a client cannot hold memory for bytes that
// it has not sent.
var classes = [...]int{8 << 10, 128 << 10, 1 << 20, 2 << 20, 8 << 20, maxBodyBytes}

// maxSkip is how many times larger the next class may be when classes in
// between are skipped.
const maxSkip = 8

// buffer is a pooled piece of memory.
type buffer struct {
	class int // index into classes
	bytes []byte
}

var pools [len(classes)]sync.Pool

// takeBuffer returns an empty buffer of the class.
func takeBuffer(class int) *buffer {
	if b, ok := pools[class].Get().(*buffer); ok {
		b.bytes = b.bytes[:0]
		return b
	}
	return &buffer{class, make([]byte, 0, classes[class])}
}

// release gives the buffer back. Nobody may use its bytes afterwards. One that
// was appended to beyond twice its class is left to the garbage collector.
func (b *buffer) release() {
	if cap(b.bytes) <= 2*classes[b.class] {
		pools[b.class].Put(b)
	}
}

// classOf returns the smallest class that holds n bytes, and the largest when
// none does.
func classOf(n int) int {
	for i, size := range classes {
		if n <= size {
			return i
		}
	}
	return len(classes) - 1
}

// nextClass returns the class that a body which has filled the given one moves
// to. Each move is a copy, so that classes are skipped that the announced length,
// -1 when there is none, does not fit.
func nextClass(class int, length int64) int {
	next := class + 1
	for length > int64(classes[next]) && next+1 < len(classes) && classes[next+1] <= maxSkip*classes[class] {
		next++
	}
	return next
}

// weight is what a body buffer costs of the budget: itself, and as much again
// for what is decoded from it.
func weight(bytes int) int64 { return 2 * int64(bytes) }

// memory is a budget of bytes that requests share.
type memory struct {
	total int64
	wait  time.Duration
	free  *semaphore.Weighted
	taken *atomic.Int64 // what is not free, to be looked at by others
}

func newMemory(total int64, wait time.Duration, taken *atomic.Int64) *memory {
	return &memory{total, wait, semaphore.NewWeighted(total), taken}
}

// take waits a little for n bytes. More than there is in all counts as all.
//
// Bodies hold memory while they wait for more. That cannot lock up: whoever
// waits too long gives up and returns what it held.
func (m *memory) take(ctx context.Context, n int64) (taken int64, err error) {
	n = min(n, m.total)
	if m.try(n) {
		return n, nil
	}
	wait, cancel := context.WithTimeout(ctx, m.wait)
	defer cancel()
	if m.free.Acquire(wait, n) != nil {
		return 0, errNoMemory
	}
	m.taken.Add(n)
	return n, nil
}

// try takes n bytes, which are there in all, if nobody has to be waited for.
func (m *memory) try(n int64) bool {
	ok := m.free.TryAcquire(n)
	if ok {
		m.taken.Add(n)
	}
	return ok
}

// give returns memory that take or try gave.
func (m *memory) give(n int64) {
	m.taken.Add(-n)
	m.free.Release(n)
}

// body is a request body that was read whole.
type body struct {
	*buffer // nil once it was released
	memory  *memory
	held    int64
	length  int64 // as announced, -1 when it was not
	sent    *body // the body as it came, when this is what it inflated to
}

// signed returns the bytes that a signature is over.
func (b *body) signed() []byte {
	if b.sent != nil {
		return b.sent.bytes
	}
	return b.bytes
}

// release gives the buffers back, if they were not given back. Nobody may use
// their bytes afterwards.
func (b *body) release() {
	if b.sent != nil {
		b.sent.release()
	}
	if b.buffer != nil {
		b.buffer.release()
		b.buffer = nil
	}
}

// drop gives back all that the body holds.
func (b *body) drop() {
	b.release()
	b.give()
}

// give gives back the body's share of the budget, if it was not given back.
func (b *body) give() {
	b.memory.give(b.held)
	b.held = 0
	if b.sent != nil {
		b.sent.give()
	}
}

// grow moves the body into a larger buffer.
func (b *body) grow(ctx context.Context) error {
	next := nextClass(b.class, b.length)
	more, err := b.memory.take(ctx, weight(classes[next]-classes[b.class]))
	if err != nil {
		return err
	}
	b.held += more
	bigger := takeBuffer(next)
	bigger.bytes = append(bigger.bytes, b.bytes...)
	b.buffer.release()
	b.buffer = bigger
	return nil
}

// readBody reads the request's body into pooled memory, and inflates it. The
// caller must give it back, and may release the buffers. On an error nothing is
// held: errTooLarge, errNoMemory, errSlow, or one of the connection.
func (h *handler) readBody(w http.ResponseWriter, r *http.Request) (*body, error) {
	b, err := h.receive(w, r)
	if err != nil {
		return nil, err
	}
	return h.inflate(r, b)
}

// receive is readBody for the body as it is sent.
func (h *handler) receive(w http.ResponseWriter, r *http.Request) (*body, error) {
	if kept, ok := r.Body.(*keptBody); ok {
		return kept.adopt(), nil
	}
	if r.ContentLength > maxBodyBytes {
		return nil, errTooLarge
	}
	first := weight(classes[0])
	if _, err := h.bodies.take(r.Context(), first); err != nil {
		return nil, err
	}
	b := &body{buffer: takeBuffer(0), memory: h.bodies, held: first, length: r.ContentLength}
	if r.ContentLength == 0 {
		return b, nil
	}
	// A deadline that outlived the body would cancel the request's context.
	// What cannot set deadlines (a test's recorder) has no slow client.
	control := http.NewResponseController(w)
	err := b.read(r.Context(), r.Body, h.o.BodyGrace, func(t time.Time) { _ = control.SetReadDeadline(t) })
	_ = control.SetReadDeadline(time.Time{})
	if err != nil {
		b.drop()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = errSlow
		}
		return nil, err
	}
	return b, nil
}

// read fills the body. Before each wait it moves the deadline to when the
// client has stalled for grace, or is grace late on the least rate.
func (b *body) read(ctx context.Context, from io.Reader, grace time.Duration, setDeadline func(time.Time)) error {
	start := time.Now()
	now := start
	for {
		late := start.Add(grace + time.Duration(len(b.bytes))*time.Second/bodyBytesPerSecond)
		if stalled := now.Add(grace); stalled.Before(late) {
			late = stalled
		}
		setDeadline(late)
		n, err := from.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case len(b.bytes) < cap(b.bytes):
		case b.class < len(classes)-1:
			if err := b.grow(ctx); err != nil {
				return err
			}
		default:
			return expectEnd(from)
		}
		now = time.Now()
	}
}

// expectEnd reads the end of a body that fills the largest buffer.
func expectEnd(rest io.Reader) error {
	var more [1]byte
	for {
		n, err := rest.Read(more[:])
		switch {
		case n > 0:
			return errTooLarge
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
