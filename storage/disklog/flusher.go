package disklog

import (
	"errors"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage/disklog/extent"
)

// flusher is the one goroutine that writes extents and snapshots, gives their
// space back, and moves extents. Its fields are its own.
type flusher struct {
	*Log
	// writers are the files being added to, one per class in use.
	writers map[extent.Class]*extentWriter
	// files are those that have, or had, an extent in the manifest.
	files map[uint64]*extentFile
	// nextFile is the number of the next file; higher than any before.
	nextFile uint64

	moves moves

	// gaps are regions between extents that were dead already at Open.
	gaps []extent.Meta

	// snapshots are the ones on disk, oldest first; two, once two were written.
	snapshots []snapshotInfo
	// overdue says that SnapshotInterval has passed since the last look.
	overdue bool
}

// retryInterval is how long a flush waits after the volume was full.
const retryInterval = time.Second

// run works whenever it is kicked, until the log closes or fails.
func (f *flusher) run() {
	defer close(f.flusherDone)
	f.punchGaps()
	timer := f.opts.Clock.After(f.opts.SnapshotInterval)
	look := f.opts.Clock.After(f.opts.care.every)
	var retry <-chan time.Time
	for {
		err := f.work()
		retry = nil
		if errors.Is(err, vfs.ErrNoSpace) {
			retry = time.After(retryInterval)
		} else if err != nil {
			f.fail(err)
			f.closeWriters()
			return
		}
		select {
		case <-f.kick:
		case done := <-f.settled:
			if err := f.rest(); err != nil {
				f.opts.Logger.Warn("flush", "err", err) // it is tried again at once
			}
			close(done)
		case <-look:
			_, wait, err := f.lookAfter()
			if err != nil {
				f.fail(err)
				f.closeWriters()
				return
			}
			look = f.opts.Clock.After(wait)
		case <-retry:
		case <-timer:
			timer = f.opts.Clock.After(f.opts.SnapshotInterval)
			f.overdue = true
		case <-f.stopped:
			f.closeWriters()
			return
		case <-f.closing:
			f.finish()
			return
		}
	}
}

// work does everything that is due. An error that matches vfs.ErrNoSpace
// leaves things to be tried again; any other is the end of the log.
func (f *flusher) work() error {
	for {
		more, err := f.flushOnce()
		if err == nil {
			f.collect()
			if !more {
				f.flushFull.Store(false)
			}
			// Here and not behind the loop, which does not end as long as
			// records come as fast as they are flushed.
			err = f.snapshotIfDue()
		}
		if errors.Is(err, vfs.ErrNoSpace) && more {
			// Appends that wait for the flush are to hear of it instead.
			f.flushFull.Store(true)
			f.gate.open()
		}
		if err != nil || !more {
			return err
		}
	}
}

// rest works until there is nothing to do, and looks after extents until they
// are as they should be.
func (f *flusher) rest() error {
	for {
		if err := f.work(); err != nil {
			return err
		}
		if bytes, _, err := f.lookAfter(); bytes == 0 || err != nil {
			return err
		}
	}
}

// flushOnce flushes what has to be. It reports whether that was anything.
func (f *flusher) flushOnce() (bool, error) {
	runs, err := f.choose()
	if err != nil || len(runs) == 0 {
		return false, err
	}
	return true, f.flush(runs)
}

// snapshotIfDue takes a snapshot when there is a reason to.
func (f *flusher) snapshotIfDue() error {
	if !f.snapshotDue() {
		return nil
	}
	return f.snapshot()
}

// finish is the last work before Close: what makes the next start quick.
func (f *flusher) finish() {
	f.collect()
	if f.snapshotUseful() {
		if err := f.snapshot(); err != nil && !f.isStopped() {
			f.opts.Logger.Warn("no snapshot at close", "dir", f.dir, "err", err)
		}
	}
	f.finishWriters()
}

// settle returns when the flusher has nothing to do. It is for tests.
func (l *Log) settle() {
	done := make(chan struct{})
	select {
	case l.settled <- done:
		<-done
	case <-l.flusherDone:
	}
}

// kickFlusher makes the flusher look for work.
func (l *Log) kickFlusher() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}
