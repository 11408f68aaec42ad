package disklog

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage/disklog/extent"
)

const (
	// stepBytes of extents, or stepExtents of them, are read and moved before the
	// flusher looks again whether there is something to flush: what a flush that
	// becomes due meanwhile waits for. Each extent may be a seek.
	stepBytes   = 8 << 20
	stepExtents = 256
	// maxMoves bounds what is planned at once.
	maxMoves = 1024
)

// care says when extents are moved: written once more, in a better place.
type care struct {
	every time.Duration // between two looks at all extents
	rate  int64         // bytes a second that are read for it

	mergeCount   int   // extents that are merged are as many, at least
	mergePercent int64 // of what flushes wrote may be written again by merging
	livePercent  int64 // a file with less of it live is emptied

	// atOnce does not wait for files to become old; for tests.
	atOnce bool
}

// ordinaryCare is that of spec storage §7.6 and §7.9.
var ordinaryCare = care{
	every: time.Minute, rate: 16 << 20,
	mergeCount: 8, mergePercent: 30, livePercent: 10,
}

// move is extents of one shard log, next to each other, that are to become one.
type move struct {
	shard *shard
	metas []extent.Meta
	merge bool // because they are small
}

// moves is what the flusher knows of moving.
type moves struct {
	planned []move
	merged  int64 // bytes written by merging
	// unreadable are extents that could not be read, and are left to the
	// scrubber to report.
	unreadable map[extentPlace]bool
}

// lookAfter moves extents if that makes sense, one step of it. It returns how
// many bytes of them there were, and how long to wait before the next step. A
// volume that is full or nearly so is left alone.
func (f *flusher) lookAfter() (bytes int64, wait time.Duration, err error) {
	c := f.opts.care
	if full, _ := f.spaceFull(true); full {
		f.moves.planned = nil
		return 0, c.every, nil
	}
	if len(f.moves.planned) == 0 {
		f.plan()
	}
	if len(f.moves.planned) == 0 {
		return 0, c.every, nil
	}
	bytes, err = f.step()
	if errors.Is(err, vfs.ErrNoSpace) {
		f.opts.Logger.Warn("extents are not moved", "dir", f.dir, "err", err)
		f.moves.planned = nil
		err = nil
	}
	if len(f.moves.planned) == 0 || err != nil {
		return bytes, c.every, err
	}
	return bytes, time.Duration(bytes) * time.Second / time.Duration(c.rate), err
}

// plan looks at all extents. Moves of one plan have no extent in common; so
// small extents are merged when no file has to be emptied.
func (f *flusher) plan() {
	f.table.mu.RLock()
	shards := f.table.all()
	f.table.mu.RUnlock()
	planned := f.relocations(shards)
	if len(planned) == 0 {
		planned = f.merges(shards)
	}
	f.moves.planned = slices.Clone(planned[:min(maxMoves, len(planned))])
}

// step carries out moves that are planned, as many as make a step, and returns
// how many bytes of extents there were; 0 when there is an error. The old
// extents stay what is read until the new ones are durable.
func (f *flusher) step() (bytes int64, err error) {
	if err := f.raiseFormat(movingFormat); err != nil {
		return 0, err
	}
	b := batch{flusher: f}
	for extents := 0; len(f.moves.planned) > 0 && bytes < stepBytes && extents < stepExtents; {
		m := f.moves.planned[0]
		f.moves.planned = f.moves.planned[1:]
		_, length := within(m.metas, math.MaxInt64)
		bytes += length
		extents += len(m.metas)
		written, err := b.move(m)
		if err != nil {
			return 0, err
		}
		f.stats.movedBytes.Add(written)
		if m.merge {
			f.moves.merged += written
		}
	}
	if err := b.enter(ofReplacement); err != nil {
		return 0, err
	}
	return bytes, nil
}

// move adds the extent that m becomes to the batch, and returns its length. It
// is 0 when the records were given up meanwhile or cannot be read.
func (b *batch) move(m move) (bytes int64, err error) {
	class, ok := b.class(m.shard.key.Stream)
	if !ok || slices.ContainsFunc(m.metas, m.shard.gone) {
		return 0, nil
	}
	parts := make([]extent.Part, len(m.metas))
	for i, e := range m.metas {
		if parts[i], err = b.store.ReadWhole(e); err != nil {
			if !m.shard.gone(e) {
				b.moves.unreadable[placeOf(e)] = true
			}
			return 0, nil
		}
	}
	err = b.add(class, func(w *extentWriter) (moved extent.Meta, err error) {
		moved, err = w.AddMoved(m.shard.key, m.metas[0].First, parts)
		bytes = moved.Length
		return moved, err
	})
	return bytes, err
}
