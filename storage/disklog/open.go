package disklog

import (
	"errors"
	"fmt"
	"path"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// Open opens the log in the folder dir, which it makes when it does not exist,
// and brings the machines, by name, to the state that was acknowledged.
//
// Errors wrap ErrLocked when another process has the folder open, are or wrap
// a *storage.CorruptError when what was durable once is missing or damaged,
// and a *FormatError when it is of a newer format. After an error nothing of
// what was acknowledged has been changed.
func Open(dir string, machines map[string]storage.Machine, o Options) (*Log, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("options of the log: %w", err)
	}
	for name := range machines {
		if len(name) == 0 || len(name) > 255 {
			return nil, fmt.Errorf("machine name %q is not 1 to 255 bytes long", name)
		}
	}
	l := &Log{
		dir:           dir,
		opts:          o.withDefaults(),
		machines:      machines,
		table:         table{streams: make(map[storage.StreamID]*streamLogs)},
		queue:         queue{wake: make(chan struct{}, 1)},
		room:          semaphore.NewWeighted(maxPendingBytes),
		kick:          make(chan struct{}, 1),
		settled:       make(chan chan struct{}),
		closing:       make(chan struct{}),
		drain:         make(chan struct{}),
		flusherDone:   make(chan struct{}),
		scrubberDone:  make(chan struct{}),
		committerDone: make(chan struct{}),
		stopped:       make(chan struct{}),
		stats:         stats{commits: histogram.New(timeBounds), syncs: histogram.New(timeBounds)},
	}
	if err := l.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open log in %s: %w", dir, err), l.closeFiles())
	}
	return l, nil
}

// open follows spec storage §7.10.
func (l *Log) open() error {
	start := time.Now()
	fs := l.opts.FS
	if err := fs.MkdirAll(l.dir); err != nil {
		return err
	}
	lock, err := fs.Lock(path.Join(l.dir, lockName))
	if err != nil {
		return err
	}
	l.lock = lock
	id, created, err := identify(fs, l.dir)
	if err != nil {
		return err
	}
	l.instance, l.format = id.instance, id.format
	if err := fs.MkdirAll(l.metaDir()); err != nil {
		return err
	}
	l.store = extent.NewStore(fs, l.extentsDir(), extent.StoreOptions{
		CacheBytes: l.opts.CacheBytes, Direct: !l.opts.Buffered, Instance: l.instance,
	})
	r := newRecovery(l)
	if err := r.run(created); err != nil {
		return err
	}
	if created {
		if err := commitFormat(fs, l.dir); err != nil {
			return err
		}
	}
	l.opts.Logger.Info("log is open", "dir", l.dir, "file_system", l.describeVolume(),
		"shard_logs", len(l.table.all()), "replayed_bytes", r.replayed,
		"unflushed_bytes", l.unflushed.bytes.Load(), "took", time.Since(start))
	go r.committer.run()
	go r.flusher.run()
	go newScrubber(l).run()
	return nil
}

// describeVolume returns the name of the file system below the folder, and
// warns of one where a sync is worth nothing (spec storage §2.1).
func (l *Log) describeVolume() string {
	fs, ok := l.opts.FS.(vfs.Describer)
	if !ok {
		return ""
	}
	name, inMemory := fs.Describe(l.dir)
	if inMemory {
		l.opts.Logger.Warn("the data folder is in memory: all that is acknowledged is gone when the machine stops; give a folder on a disk to keep it",
			"dir", l.dir, "file_system", name)
	}
	return name
}

// closeFiles closes whatever is open, and gives the folder free last.
func (l *Log) closeFiles() (err error) {
	if l.journal != nil {
		if e := l.journal.Close(); e != nil && l.cause == nil {
			err = e
		}
	}
	if l.store != nil {
		err = errors.Join(err, l.store.Close())
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.Close())
	}
	return err
}

// journalOptions are those of the log's journal.
func (l *Log) journalOptions(created bool) journal.Options {
	return journal.Options{
		FS: l.opts.FS, Dir: l.journalDir(), Instance: l.instance, Create: created,
		SegmentBytes: l.opts.SegmentBytes, MaxFrameBytes: int(l.opts.frameBytes()),
		Direct: !l.opts.Buffered, Now: l.opts.Clock.Now, Foreground: l.opts.foreground,
	}
}
