package extent

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/leat-io/leat/internal/vfs"
)

// files keeps extent files open: at most max of them, and those being read.
type files struct {
	fs   vfs.FS
	dir  string
	mode vfs.Mode
	max  int

	mu struct {
		sync.Mutex
		open map[uint64]*openFile
		// clock counts acquisitions, for openFile.used.
		clock  uint64
		closed bool
	}
}

// openFile is a file that is open. It is closed once nobody holds it and it is
// not in files.mu.open any more.
type openFile struct {
	vfs.File
	number uint64
	name   string

	// refs counts holders; used is when it was last acquired, on files.mu.clock;
	// cached says whether it is in files.mu.open. Guarded by files.mu.
	refs   int
	used   uint64
	cached bool
}

func newFiles(fsys vfs.FS, dir string, mode vfs.Mode, max int) *files {
	f := &files{fs: fsys, dir: dir, mode: mode, max: max}
	f.mu.open = make(map[uint64]*openFile)
	return f
}

// acquire returns the file, opening it if need be. The caller releases it.
func (f *files) acquire(class Class, number uint64) (*openFile, error) {
	if o, err := f.hold(number, nil); o != nil || err != nil {
		return o, err
	}
	// Opened without the lock: two callers may both open the file, and the
	// second to take the lock then closes its own.
	name := Path(f.dir, class, number)
	file, err := f.fs.Open(name, f.mode)
	if err != nil {
		return nil, err
	}
	o, err := f.hold(number, &openFile{File: file, number: number, name: name})
	if o == nil || o.File != file {
		err = errors.Join(err, file.Close())
	}
	if err != nil && o != nil {
		err = errors.Join(err, f.release(o))
		o = nil
	}
	return o, err
}

// hold takes the open file of that number; if there is none, fresh becomes it
// unless that is nil.
func (f *files) hold(number uint64, fresh *openFile) (*openFile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.closed {
		return nil, fmt.Errorf("extent store: %w", fs.ErrClosed)
	}
	o := f.mu.open[number]
	if o == nil {
		if o = fresh; o == nil {
			return nil, nil
		}
		o.cached = true
		f.mu.open[number] = o
	}
	f.mu.clock++
	o.used = f.mu.clock
	o.refs++
	return o, nil
}

// release gives up what acquire returned, and closes the file or another one
// when too many are open.
func (f *files) release(o *openFile) error {
	f.mu.Lock()
	o.refs--
	victim := o
	if o.cached {
		if victim = f.idlestLocked(); victim != nil {
			f.dropLocked(victim)
		}
	} else if o.refs > 0 {
		victim = nil
	}
	f.mu.Unlock()
	if victim == nil {
		return nil
	}
	return victim.Close()
}

// idlestLocked returns the least recently used file that nobody holds, if
// there are more than max open. The scan is short (max is a few hundred) and
// only done when a file had to be opened beyond max.
func (f *files) idlestLocked() *openFile {
	if len(f.mu.open) <= f.max {
		return nil
	}
	var idlest *openFile
	for _, o := range f.mu.open {
		if o.refs == 0 && (idlest == nil || o.used < idlest.used) {
			idlest = o
		}
	}
	return idlest
}

func (f *files) dropLocked(o *openFile) {
	delete(f.mu.open, o.number)
	o.cached = false
}

// forget closes the file of that number, now or when its last holder releases
// it.
func (f *files) forget(number uint64) error {
	f.mu.Lock()
	o := f.mu.open[number]
	if o != nil {
		f.dropLocked(o)
		if o.refs > 0 {
			o = nil
		}
	}
	f.mu.Unlock()
	if o == nil {
		return nil
	}
	return o.Close()
}

// close closes all files that nobody holds; the others are closed as they are
// released. Nothing can be acquired afterwards.
func (f *files) close() error {
	f.mu.Lock()
	f.mu.closed = true
	var idle []*openFile
	for _, o := range f.mu.open {
		f.dropLocked(o)
		if o.refs == 0 {
			idle = append(idle, o)
		}
	}
	f.mu.Unlock()
	var errs []error
	for _, o := range idle {
		errs = append(errs, o.Close())
	}
	return errors.Join(errs...)
}

// count returns how many files are kept open.
func (f *files) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.mu.open)
}
