package journal

import (
	"errors"
	"fmt"
	"path"
	"sync"

	"github.com/leat-io/leat/internal/vfs"
)

// maxSpares is how many released segments wait to be recycled; more are
// removed.
const maxSpares = 2

// keeper does the housekeeping of segment files on one goroutine, so that the
// committer need not wait for it: it fills the current segment ahead, prepares
// the next one and removes released ones. The committer asks for things and
// takes what is ready.
//
// Its errors stop nothing, because the committer can do without it: a segment
// that was not prepared is made on the spot, and then a broken disk shows.
type keeper struct {
	o     *Options
	zeros []byte        // as many as a step writes; never written to
	wake  chan struct{} // capacity 1: there is something to do
	ended chan struct{} // closed when the goroutine has returned

	mu struct {
		sync.Mutex
		stopping bool
		highest  uint64   // the highest segment number given to a file
		current  *filler  // of the segment being written
		wanted   bool     // a next segment is wanted
		naming   bool     // a next segment is ready but for its name
		ready    *segment // the next segment
		released []string // paths, oldest first
		err      error    // not yet reported
	}
	named sync.Cond // naming became false; uses mu
}

// startKeeper starts the housekeeping for a journal whose current segment is
// seg.
func startKeeper(o *Options, seg *segment) *keeper {
	k := &keeper{o: o, wake: make(chan struct{}, 1), ended: make(chan struct{}), zeros: vfs.Aligned(int(min(fillStep, o.SegmentBytes)))}
	k.named.L = &k.mu
	k.mu.highest, k.mu.current = seg.header.number, seg.fill
	if o.Foreground {
		close(k.ended)
	} else {
		go k.run()
	}
	k.poke()
	return k
}

// run works until it is told to stop.
func (k *keeper) run() {
	defer close(k.ended)
	for range k.wake {
		k.work()
	}
}

// work does everything that is to do, one thing at a time. Filling ahead comes
// second, because a committer in a hurry could keep it busy for ever.
func (k *keeper) work() {
	for k.prepareNext() || k.fill() || k.removeExcess() {
	}
}

// fill does one step of filling ahead, and reports whether there was one.
func (k *keeper) fill() bool {
	k.mu.Lock()
	current := k.mu.current
	if k.mu.stopping {
		current = nil
	}
	k.mu.Unlock()
	if current == nil {
		return false
	}
	did, err := current.step(k.zeros)
	if err != nil {
		k.report(fmt.Errorf("fill ahead: %w", err))
	}
	return did
}

// prepareNext makes the next segment ready, if one is wanted: the newest
// released file with its header wiped, or else a new file. It reports whether
// it tried.
func (k *keeper) prepareNext() bool {
	k.mu.Lock()
	if k.mu.stopping || !k.mu.wanted {
		k.mu.Unlock()
		return false
	}
	k.mu.wanted = false
	var name string
	if n := len(k.mu.released); n > 0 {
		name, k.mu.released = k.mu.released[n-1], k.mu.released[:n-1]
	}
	k.mu.Unlock()

	name, filled, err := k.blank(name)
	if err == nil {
		k.mu.Lock()
		k.mu.naming = true
		k.mu.highest++
		number := k.mu.highest
		k.mu.Unlock()
		var seg *segment
		seg, err = k.adopt(name, number, filled)
		k.mu.Lock()
		k.mu.naming, k.mu.ready = false, seg
		k.mu.Unlock()
		k.named.Broadcast()
	}
	if err != nil {
		k.report(fmt.Errorf("prepare the next segment: %w", err))
	}
	return true
}

// blank makes a file without a header, of full length and durable: out of the
// released segment, or a new one when that is "". It returns its path, and up
// to where its blocks have been written.
func (k *keeper) blank(released string) (name string, filled int64, err error) {
	length := k.o.SegmentBytes
	if released == "" {
		name = path.Join(k.o.Dir, "next"+preparingSuffix)
		file, err := createFile(k.o, name, length)
		if err != nil {
			return "", 0, err
		}
		filled, err = k.prefill(file, length)
		return name, filled, errors.Join(err, file.Close())
	}
	file, err := k.o.FS.Open(released, k.o.mode())
	if err != nil {
		return "", 0, err
	}
	filled, err = wipe(file, length)
	return released, filled, errors.Join(err, file.Close())
}

// wipe takes the header from a released segment, durably, and only then gives
// the file its new length: a header with another length than the file's would
// look like damage after a crash. It returns up to where blocks are written.
func wipe(file vfs.File, length int64) (filled int64, err error) {
	old, err := file.Size()
	if err != nil {
		return 0, err
	}
	if _, err := file.WriteAt(alignedPage(), 0); err != nil {
		return 0, err
	}
	if err := file.Sync(); err != nil || old == length {
		return length, err
	}
	if err := file.Truncate(length); err != nil {
		return 0, err
	}
	return min(old, length), file.Sync()
}

// prefill writes the blocks that the first frames of a new segment will find.
// Nobody else has the file yet, so that here a sync takes no error from anybody.
func (k *keeper) prefill(file vfs.File, length int64) (filled int64, err error) {
	f := newFiller(file, length, headerSize, headerSize)
	for did := true; did && err == nil; {
		did, err = f.step(k.zeros)
	}
	if err != nil {
		return 0, err
	}
	return f.mu.filled, file.Sync()
}

// adopt gives the blank file its name as a segment, durably, and opens it. The
// file is closed while it is renamed, since Windows would refuse otherwise.
func (k *keeper) adopt(name string, number uint64, filled int64) (*segment, error) {
	if err := k.o.FS.Rename(name, k.o.path(number)); err != nil {
		return nil, err
	}
	if err := k.o.FS.SyncDir(k.o.Dir); err != nil {
		return nil, err
	}
	file, err := k.o.FS.Open(k.o.path(number), k.o.mode())
	if err != nil {
		return nil, err
	}
	return newSegment(k.o, number, file, k.o.SegmentBytes, filled), nil
}

// removeExcess removes the released files that are too many to keep, and
// reports whether there were any.
func (k *keeper) removeExcess() bool {
	k.mu.Lock()
	n := len(k.mu.released) - maxSpares
	if k.mu.stopping || n <= 0 {
		k.mu.Unlock()
		return false
	}
	var names []string
	for _, name := range k.mu.released[:n] {
		names = append(names, path.Base(name))
	}
	k.mu.released = append([]string(nil), k.mu.released[n:]...)
	k.mu.Unlock()
	if err := removeAll(k.o.FS, k.o.Dir, names); err != nil {
		k.report(fmt.Errorf("remove released segments: %w", err))
	}
	return true
}

// report keeps an error for takeError.
func (k *keeper) report(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.err == nil {
		k.mu.err = err
	}
}

// The rest is called by the committer.

// takeError returns the first error since the last call.
func (k *keeper) takeError() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.mu.err
	k.mu.err = nil
	return err
}

// poke makes the goroutine look for something to do.
func (k *keeper) poke() {
	if k.o.Foreground {
		k.work()
		return
	}
	select {
	case k.wake <- struct{}{}:
	default: // it has been told already and will look at everything
	}
}

// prepare asks for a next segment.
func (k *keeper) prepare() {
	k.mu.Lock()
	k.mu.wanted = k.mu.ready == nil
	k.mu.Unlock()
	k.poke()
}

// retire hands over segments that are not needed any more.
func (k *keeper) retire(segments []SegmentInfo) {
	k.mu.Lock()
	for _, s := range segments {
		k.mu.released = append(k.mu.released, s.File)
	}
	k.mu.Unlock()
	k.poke()
}

// take returns the next segment: the one that is ready, or one made now. It
// waits for a rename and no more.
func (k *keeper) take() (*segment, error) {
	k.mu.Lock()
	for k.mu.naming {
		k.named.Wait()
	}
	seg := k.mu.ready
	k.mu.ready = nil
	if seg == nil {
		k.mu.wanted = false
		k.mu.highest++
	}
	number := k.mu.highest
	k.mu.Unlock()
	if seg != nil {
		return seg, nil
	}
	return createSegment(k.o, number, k.o.SegmentBytes)
}

// follow makes the filler of a new current segment the one to work for.
func (k *keeper) follow(f *filler) {
	k.mu.Lock()
	k.mu.current = f
	k.mu.Unlock()
	k.poke()
}

// stop ends the goroutine, waits for it, and closes what is ready. It returns
// the error that was not reported yet.
func (k *keeper) stop() error {
	k.mu.Lock()
	k.mu.stopping = true
	k.mu.Unlock()
	close(k.wake)
	<-k.ended
	var err error
	if k.mu.ready != nil {
		err = k.mu.ready.close()
	}
	return errors.Join(err, k.takeError())
}
