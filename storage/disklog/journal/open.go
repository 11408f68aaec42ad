package journal

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/leat-io/leat/storage"
)

// Open opens the journal, calls replay for every frame of callers that starts
// at from or later, in order, and returns when the journal is ready for new
// ones (spec storage §7.10). From is where a frame starts, or the journal ended
// once. Everything below it must have been durable; segments wholly below it
// may be missing.
//
// A tail that cannot have been acknowledged is dropped. Anything else that is
// missing or damaged gives a *storage.CorruptError, and then nothing has been
// changed on disk. When replay returns an error, Open stops and returns it.
//
// What was replayed from the last segment may have been read from the system's
// cache although it never reached the disk: a sync that failed before a crash
// leaves it so (spec storage §2.2). Open therefore copies it into a fresh
// segment, and syncs that, before it returns.
func Open(o Options, from LSN, replay func(Frame) error) (*Journal, error) {
	j, err := open(o, from, replay)
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", o.Dir, err)
	}
	return j, nil
}

func open(o Options, from LSN, replay func(Frame) error) (*Journal, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Create {
		if err := o.FS.MkdirAll(o.Dir); err != nil {
			return nil, err
		}
	}
	c, err := loadChain(&o, from)
	if err != nil {
		return nil, err
	}
	if len(c.segments) == 0 {
		return create(o, c)
	}
	t, err := c.replay(&o, from, replay)
	if err != nil {
		return nil, err
	}
	return takeOver(o, c, t)
}

// Check validates the journal as Open does, calls visit as Open calls replay,
// and changes nothing. It returns where the journal ends.
func Check(o Options, from LSN, visit func(Frame) error) (end LSN, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return 0, err
	}
	c, err := loadChain(&o, from)
	if err != nil || len(c.segments) == 0 {
		return 0, err
	}
	t, err := c.replay(&o, from, visit)
	if err != nil {
		return 0, err
	}
	return c.segments[len(c.segments)-1].first + LSN(t.last.offset-headerSize), nil
}

// loadChain reads the chain, which is empty only when that is allowed.
func loadChain(o *Options, from LSN) (*chain, error) {
	c, err := readChain(o, from)
	if errors.Is(err, fs.ErrNotExist) && !o.Create {
		return nil, &storage.CorruptError{File: o.Dir, Reason: "journal is missing"}
	}
	if err != nil {
		return nil, err
	}
	if len(c.segments) == 0 && (!o.Create || from > 0) {
		return nil, &storage.CorruptError{File: o.Dir, Reason: "journal is missing"}
	}
	return c, nil
}

// create begins the first segment of a new journal. It is not filled ahead
// yet, so that this takes a few syncs and no more.
func create(o Options, c *chain) (*Journal, error) {
	seg, err := createSegment(&o, c.highest+1, o.SegmentBytes)
	if err != nil {
		return nil, err
	}
	if err := seg.begin(); err != nil {
		return nil, errors.Join(err, seg.close())
	}
	if err := removeAll(o.FS, o.Dir, c.discard); err != nil {
		return nil, errors.Join(err, seg.close())
	}
	return start(o, seg, nil, 0), nil
}

// createSegment makes a file for the segment and its name durable, on the
// spot. The header has not been written.
func createSegment(o *Options, number uint64, length int64) (*segment, error) {
	file, err := createFile(o, o.path(number), length)
	if err != nil {
		return nil, err
	}
	if err := o.FS.SyncDir(o.Dir); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return newSegment(o, number, file, length, headerSize), nil
}
