package journal

import (
	"sync"

	"github.com/leat-io/leat/internal/vfs"
)

// A new segment file has its full length from the start but no blocks: the
// first write to each costs a commit of the file system's own journal. A
// filler writes zeros ahead of the frames, on the keeper's goroutine, so that
// commits find their blocks written. It stays fillAhead before them instead of
// filling the file at once, so that a new installation that stores little also
// takes little; when commits outrun it they write to holes, which is slower and
// otherwise the same.
//
// It never syncs the file: the error that a sync reports is reported once, and
// it is the committer who must hear it (spec storage §2.2).
const (
	fillAhead = 8 << 20
	fillStep  = 256 << 10
	fillLead  = 1 << 20 // left out by a filler that was overtaken, to get ahead again
)

// filler coordinates the zeros with the frames of one segment.
type filler struct {
	file   vfs.File
	length int64 // of the file

	mu struct {
		sync.Mutex
		filled  int64 // blocks below are written or left to the frames
		used    int64 // frames reach up to here; a multiple of 4096
		from    int64 // the region being zeroed now; empty when from == to
		to      int64
		stopped bool
	}
	idle sync.Cond // signalled when a region is done; uses mu
}

// newFiller returns a filler for a file whose blocks below filled were written
// and whose frames reach up to used.
func newFiller(file vfs.File, length, filled, used int64) *filler {
	f := &filler{file: file, length: length}
	f.idle.L = &f.mu
	f.mu.filled, f.mu.used = vfs.AlignUp(filled), vfs.AlignUp(used)
	return f
}

// reserve is called before a frame is written that ends at end. From then on
// no zeros are written below it. It waits at most for one step, and reports
// whether there is something to fill.
func (f *filler) reserve(end int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	end = vfs.AlignUp(end)
	for f.mu.from < f.mu.to && f.mu.from < end {
		f.idle.Wait()
	}
	f.mu.used = max(f.mu.used, end)
	from, to := f.nextLocked()
	return to-from >= fillStep || to == f.length
}

// nextLocked returns the region that should be zeroed next.
func (f *filler) nextLocked() (from, to int64) {
	if from = f.mu.filled; from < f.mu.used {
		from = f.mu.used + fillLead
	}
	to = min(from+fillStep, f.mu.used+fillAhead, f.length)
	if f.mu.stopped || to <= from {
		return 0, 0
	}
	return from, to
}

// step zeroes one region, and reports whether there was one. Only one
// goroutine calls it. zeros has fillStep bytes.
func (f *filler) step(zeros []byte) (bool, error) {
	f.mu.Lock()
	from, to := f.nextLocked()
	f.mu.from, f.mu.to = from, to
	f.mu.Unlock()
	if from == to {
		return false, nil
	}
	_, err := f.file.WriteAt(zeros[:to-from], from)
	f.mu.Lock()
	f.mu.from, f.mu.to = 0, 0
	f.mu.filled = to
	if err != nil {
		f.mu.stopped = true
	}
	f.mu.Unlock()
	f.idle.Broadcast()
	return true, err
}

// stop ends the filling. After it the filler does not touch the file.
func (f *filler) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.stopped = true
	for f.mu.from < f.mu.to {
		f.idle.Wait()
	}
}
