package disklog

import (
	"errors"
	"fmt"
	"io"
	"path"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// Log is a storage.Log in a folder. DESIGN.md says how it works, which
// goroutine owns what, and in which order locks are taken.
type Log struct {
	dir      string
	opts     Options
	machines map[string]storage.Machine
	instance [16]byte
	format   int // of the folder; the flusher's, once the log is open
	lock     io.Closer
	journal  *journal.Journal // the committer's, once the log is open
	store    *extent.Store

	table     table
	unflushed unflushed
	garbage   garbage

	queue queue
	// room bounds the bytes of calls that wait for the committer, and gate
	// holds appends back while too much is unflushed.
	room *semaphore.Weighted
	gate gate

	// end is the journal's end.
	end atomic.Uint64
	// commandsApplied says that there were commands since the last snapshot
	// began.
	commandsApplied atomic.Bool
	// flushFull says that the last flush found no space.
	flushFull atomic.Bool

	kick          chan struct{} // to the flusher; has room for one
	settled       chan chan struct{}
	closing       chan struct{} // closed by Close: the flusher and the scrubber end
	drain         chan struct{} // closed after that: the committer ends
	flusherDone   chan struct{}
	scrubberDone  chan struct{}
	committerDone chan struct{}

	closeOnce sync.Once
	closeErr  error
	stopOnce  sync.Once
	stopped   chan struct{} // closed when the log has failed or is closed
	cause     error         // of a failure; set before stopped is closed

	stats stats
}

var _ storage.Log = (*Log)(nil)

// Close implements storage.Log. It takes a snapshot when that makes the next
// start quicker, and gives the folder free. The error is that of the failure
// which had stopped the log before, or of closing files.
func (l *Log) Close() error {
	l.closeOnce.Do(func() { l.closeErr = l.close() })
	return l.closeErr
}

func (l *Log) close() error {
	l.queue.refuse(storage.ErrStopped)
	close(l.closing)
	<-l.flusherDone
	<-l.scrubberDone
	close(l.drain)
	<-l.committerDone
	l.stop(nil)
	return errors.Join(l.cause, l.closeFiles())
}

// Done is closed when the log has stopped: after a failure, which Err returns,
// or after Close.
func (l *Log) Done() <-chan struct{} { return l.stopped }

// Err returns the failure that stopped the log, nil when there was none.
func (l *Log) Err() error {
	if l.isStopped() {
		return l.cause
	}
	return nil
}

// fail stops the log for good: a write or sync has failed, and what is on disk
// is not known any more (spec storage §2.2). Whatever the committer has in hand
// it answers itself.
func (l *Log) fail(cause error) {
	if errors.Is(cause, storage.ErrStopped) {
		return // told about it by the one who failed
	}
	l.stop(cause)
	l.queue.refuse(l.stopErr())
	l.queue.poke()
}

// stop closes stopped, with the cause.
func (l *Log) stop(cause error) {
	l.stopOnce.Do(func() {
		l.cause = cause
		if cause != nil {
			l.opts.Logger.Error("the log has stopped", "dir", l.dir, "err", cause)
		}
		close(l.stopped)
	})
}

func (l *Log) isStopped() bool {
	select {
	case <-l.stopped:
		return true
	default:
		return false
	}
}

// stopErr returns what calls get once the log has stopped.
func (l *Log) stopErr() error {
	if l.cause != nil {
		return fmt.Errorf("%w: %w", storage.ErrStopped, l.cause)
	}
	return storage.ErrStopped
}

func (l *Log) journalDir() string { return path.Join(l.dir, "journal") }
func (l *Log) extentsDir() string { return path.Join(l.dir, "extents") }
func (l *Log) metaDir() string    { return path.Join(l.dir, "meta") }
