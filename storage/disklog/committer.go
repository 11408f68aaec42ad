package disklog

import (
	"runtime"
	"time"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// committer is the one goroutine that writes the journal, changes shard logs
// and applies commands. Its fields are its own.
type committer struct {
	*Log
	buf      *journal.Buffer
	metaForm []byte // scratch

	// backlog holds tickets that were taken from the queue and not yet
	// assembled.
	backlog []*ticket
	// taken holds the tickets of the commit being built that have a place in
	// it, in order.
	taken []*ticket
	// fresh holds the chunks with records of the commit, those of a shard in
	// order.
	fresh []fresh
	// route is scratch: the shard log of each record of a batch.
	route []*shard
	// mustSync says that the commit has to be durable before it is published,
	// whatever the durability.
	mustSync bool

	// unsynced says that frames were written since the last sync. syncTimer is
	// nil or fires when it is time for the next, and syncDue that it fired.
	unsynced, syncDue bool
	syncTimer         <-chan time.Time

	// looked is where the journal ended when the flusher was last told to look.
	looked journal.LSN
	// cached holds the chunks that could be forgotten, oldest first.
	cached cachedChunks
	// spares is what is left of chunks that were forgotten.
	spares spares
	// space knows whether the volume is full.
	space space
}

// fresh is a chunk with records that are not shown yet.
type fresh struct {
	shard *shard
	chunk *chunk
}

// slowCommit is worth a line in the log: the disk is in trouble.
const slowCommit = time.Second

// run commits until the log ends. The loop batches by itself: while one commit
// is being synced, the calls that arrive become the next (spec storage §7.4).
func (c *committer) run() {
	defer close(c.committerDone)
	for c.wait() {
		if err := c.commitAll(); err != nil {
			c.abort(err)
			return
		}
	}
	if err := c.sync(); err != nil {
		c.abort(err)
		return
	}
	c.queue.end(storage.ErrStopped)
}

// wait returns true when there may be something to do, and false when the log
// is closed and everything accepted is answered.
func (c *committer) wait() bool {
	select {
	case <-c.queue.wake:
	case <-c.syncTimer:
		c.syncTimer = nil
		c.syncDue = true
	case <-c.stopped:
	case <-c.drain:
		c.backlog = c.queue.take(c.backlog)
		return len(c.backlog) > 0
	}
	return true
}

// commitAll commits until nothing is pending, and does what is due besides.
func (c *committer) commitAll() error {
	for {
		if c.isStopped() { // by the flusher
			return c.cause
		}
		if err := c.syncIfDue(); err != nil {
			return err
		}
		// A sync keeps this goroutine's P. Without the yield nobody else might
		// get to run in between, and commits would hold one call or few.
		runtime.Gosched()
		c.backlog = c.queue.take(c.backlog)
		if len(c.backlog) == 0 {
			return nil
		}
		if err := c.commit(); err != nil {
			return err
		}
	}
}

// commit builds one frame from the front of the backlog, makes it durable,
// publishes it and answers.
func (c *committer) commit() error {
	c.assemble()
	lsn := c.journal.End()
	start := time.Now()
	if c.buf.Entries > 0 {
		var err error
		if lsn, _, err = c.journal.Write(c.buf); err != nil {
			return err
		}
		c.unsynced = true
	}
	if c.mustSync || c.opts.SyncInterval == 0 {
		if err := c.sync(); err != nil {
			return err
		}
	}
	if c.buf.Entries > 0 {
		took := time.Since(start)
		c.stats.commit(len(c.buf.Payload), took)
		if took > slowCommit {
			c.opts.Logger.Warn("slow commit", "dir", c.dir, "bytes", len(c.buf.Payload), "took", took)
		}
	}
	c.publish(lsn)
	c.answerTaken()
	return nil
}

// sync makes everything written durable.
func (c *committer) sync() error {
	if !c.unsynced {
		return nil
	}
	start := time.Now()
	if err := c.journal.Sync(); err != nil {
		return err
	}
	c.stats.syncs.Observe(time.Since(start))
	c.unsynced = false
	return nil
}

// syncIfDue is what syncs appends when Options.SyncInterval is set.
func (c *committer) syncIfDue() error {
	if c.syncTimer != nil {
		select {
		case <-c.syncTimer:
			c.syncTimer = nil
			c.syncDue = true
		default:
		}
	}
	if c.syncDue {
		c.syncDue = false
		return c.sync()
	}
	if c.unsynced && c.syncTimer == nil {
		c.syncTimer = c.opts.Clock.After(c.opts.SyncInterval)
	}
	return nil
}

// abort stops the log after err and answers everybody who waits with it.
func (c *committer) abort(err error) {
	c.fail(err)
	err = c.stopErr()
	for _, list := range [][]*ticket{c.taken, c.backlog, c.queue.end(err)} {
		for _, t := range list {
			t.err = err
			t.answer()
		}
	}
	c.taken, c.backlog = nil, nil
}

// answerTaken answers the tickets of a commit that is published.
func (c *committer) answerTaken() {
	for i, t := range c.taken {
		c.taken[i] = nil
		t.answer()
	}
	c.taken = c.taken[:0]
}
