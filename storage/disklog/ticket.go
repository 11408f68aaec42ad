package disklog

import (
	"sync"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
)

// ticket is one call that waits for the committer.
type ticket struct {
	kind ticketKind
	// bytes is at least what the ticket's entries take in a frame.
	bytes int64

	batch   *storage.Batch  // ofAppend
	machine storage.Machine // ofCommand
	name    string          // ofCommand
	command []byte          // ofCommand
	trims   []trim          // ofTrim
	metas   []extent.Meta   // ofManifest, ofReplacement
	lsn     uint64          // ofCheckpoint
	call    func()          // ofCall

	// Set by the committer before it sends on done.
	result any
	err    error
	done   chan struct{} // has room for one, so that the committer never waits
}

// ticketKind says what is asked of the committer.
type ticketKind uint8

const (
	ofAppend ticketKind = iota
	ofCommand
	ofTrim
	// ofManifest makes extents part of the manifest.
	ofManifest
	// ofReplacement puts extents into the manifest in the place of others.
	ofReplacement
	// ofCheckpoint notes that a snapshot is durable.
	ofCheckpoint
	// ofCall runs a function between two commits, when all before it is durable
	// and published.
	ofCall
)

// trim says that the shard log begins at first.
type trim struct {
	key   storage.ShardKey
	first storage.Offset
}

var tickets = sync.Pool{New: func() any { return &ticket{done: make(chan struct{}, 1)} }}

// newTicket returns an empty ticket; its user gives it back with free once it
// was answered or was not queued.
func newTicket(kind ticketKind, bytes int64) *ticket {
	t := tickets.Get().(*ticket)
	t.kind, t.bytes = kind, bytes
	return t
}

func (t *ticket) free() {
	*t = ticket{done: t.done}
	tickets.Put(t)
}

// answer lets the caller go. The committer must not touch t afterwards.
func (t *ticket) answer() { t.done <- struct{}{} }

// queue is where calls wait for the committer, in order. What bounds it are
// the semaphore that appends and commands pass first, and that the engine's
// own goroutine has at most one ticket in it.
type queue struct {
	wake chan struct{} // has room for one; a value says that pending changed

	mu struct {
		sync.Mutex
		pending []*ticket
		// refused is why calls from outside are not accepted any more.
		refused error
		// ended says that nothing at all is.
		ended bool
	}
}

// put adds a ticket. From outside it is refused as soon as the log closes; the
// engine's own goroutine may go on until the committer ends.
func (q *queue) put(t *ticket, outside bool) error {
	q.mu.Lock()
	if q.mu.ended || outside && q.mu.refused != nil {
		defer q.mu.Unlock()
		return q.mu.refused
	}
	q.mu.pending = append(q.mu.pending, t)
	q.mu.Unlock()
	q.poke()
	return nil
}

// poke makes the committer look.
func (q *queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take moves what is pending to the end of dst.
func (q *queue) take(dst []*ticket) []*ticket {
	q.mu.Lock()
	defer q.mu.Unlock()
	dst = append(dst, q.mu.pending...)
	clear(q.mu.pending)
	q.mu.pending = q.mu.pending[:0]
	return dst
}

// refuse makes every later call from outside fail with err.
func (q *queue) refuse(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.mu.refused == nil {
		q.mu.refused = err
	}
}

// end refuses everything with err from now on and returns what is pending.
func (q *queue) end(err error) []*ticket {
	q.refuse(err)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.ended = true
	pending := q.mu.pending
	q.mu.pending = nil
	return pending
}

// gate holds appends back while it is shut.
type gate struct {
	mu   sync.Mutex
	wait chan struct{} // closed when the gate opens; nil while it is open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wait == nil {
		g.wait = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wait != nil {
		close(g.wait)
		g.wait = nil
	}
}

// opened returns nil while the gate is open, and otherwise what is closed when
// it opens.
func (g *gate) opened() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.wait
}
