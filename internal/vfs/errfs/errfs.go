// Package errfs wraps a file system so that tests can fail chosen calls, count
// calls and record them.
//
//	fs := errfs.Wrap(vfs.NewCrash(), errfs.FailNth(n, errfs.ErrInjected))
package errfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/leat-io/leat/internal/vfs"
)

// ErrInjected is an error for tests that need no particular one.
var ErrInjected = errors.New("injected error")

// Op names a kind of call. The names are those of a trace.
type Op string

// The calls that change something, and those that do not. Open is among the
// first because it hands out a file that can be written.
const (
	OpCreate   Op = "create"
	OpOpen     Op = "open"
	OpRemove   Op = "remove"
	OpRename   Op = "rename"
	OpMkdirAll Op = "mkdir"
	OpSyncDir  Op = "syncdir"
	OpLock     Op = "lock"
	OpWrite    Op = "write"
	OpSync     Op = "sync"
	OpTruncate Op = "truncate"
	OpPunch    Op = "punch"
	OpClose    Op = "close"

	OpList  Op = "list"
	OpSpace Op = "space"
	OpRead  Op = "read"
	OpSize  Op = "size"
)

// Mutates reports whether calls of this kind change something.
func (op Op) Mutates() bool {
	switch op {
	case OpList, OpSpace, OpRead, OpSize, OpClose:
		return false
	}
	return true
}

// Call is one call of the wrapped file system, about to be made.
type Call struct {
	Op   Op
	Name string // path of the file or folder; for a rename the old one
	To   string // the new path of a rename
	// Offset and Length are the region of a read, a write or a punch; Offset
	// alone is the new size of a truncation.
	Offset, Length int64
	// Index counts the mutating calls from 0; it is -1 for others.
	Index int
}

// String returns the call as a line of a trace.
func (c Call) String() string {
	switch c.Op {
	case OpRename:
		return fmt.Sprintf("%s %s %s", c.Op, c.Name, c.To)
	case OpRead, OpWrite, OpPunch:
		return fmt.Sprintf("%s %s %d+%d", c.Op, c.Name, c.Offset, c.Length)
	case OpTruncate:
		return fmt.Sprintf("%s %s %d", c.Op, c.Name, c.Offset)
	}
	return fmt.Sprintf("%s %s", c.Op, c.Name)
}

// Inject decides about a call: the error it returns is the call's, and the
// wrapped file system then hears nothing of it. It is called for one call at a
// time.
type Inject func(Call) error

// FailNth fails the mutating call with index n, and no other.
func FailNth(n int, err error) Inject {
	return func(c Call) error {
		if c.Index == n {
			return err
		}
		return nil
	}
}

// FailFrom fails the mutating call with index n and every call after it, as if
// the machine stopped there.
func FailFrom(n int, err error) Inject {
	failing := false
	return func(c Call) error {
		if failing = failing || c.Index == n; failing {
			return err
		}
		return nil
	}
}

// FailOp fails every call of this kind on a path that ends in suffix.
func FailOp(op Op, suffix string, err error) Inject {
	return func(c Call) error {
		if c.Op == op && strings.HasSuffix(c.Name, suffix) {
			return err
		}
		return nil
	}
}

// FS is a wrapped file system.
type FS struct {
	inner vfs.FS

	mu struct {
		sync.Mutex
		injects []Inject
		calls   int
		trace   io.Writer
	}
}

var _ vfs.FS = (*FS)(nil)

// Wrap returns a file system that asks each of injects, in order, before it
// passes a call on.
func Wrap(inner vfs.FS, injects ...Inject) *FS {
	f := &FS{inner: inner}
	f.mu.injects = injects
	return f
}

// Inner returns the wrapped file system.
func (f *FS) Inner() vfs.FS { return f.inner }

// Inject replaces what decides about calls from now on.
func (f *FS) Inject(injects ...Inject) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.injects = injects
}

// Calls returns the number of mutating calls so far, failed ones included.
func (f *FS) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.calls
}

// Trace writes every mutating call and every close from now on as a line to w,
// with " !" and the error when it was made to fail. nil ends the trace.
func (f *FS) Trace(w io.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.trace = w
}

// before counts, traces and judges a call.
func (f *FS) before(c Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Index = -1
	if c.Op.Mutates() {
		c.Index = f.mu.calls
		f.mu.calls++
	}
	var err error
	for _, inject := range f.mu.injects {
		if err = inject(c); err != nil {
			err = &fs.PathError{Op: string(c.Op), Path: c.Name, Err: err}
			break
		}
	}
	if f.mu.trace != nil && (c.Index >= 0 || c.Op == OpClose) {
		line := c.String()
		if err != nil {
			line += " ! " + err.Error()
		}
		fmt.Fprintln(f.mu.trace, line)
	}
	return err
}

// Create implements vfs.FS.
func (f *FS) Create(name string, mode vfs.Mode) (vfs.File, error) {
	if err := f.before(Call{Op: OpCreate, Name: name}); err != nil {
		return nil, err
	}
	return f.wrap(name)(f.inner.Create(name, mode))
}

// Open implements vfs.FS.
func (f *FS) Open(name string, mode vfs.Mode) (vfs.File, error) {
	if err := f.before(Call{Op: OpOpen, Name: name}); err != nil {
		return nil, err
	}
	return f.wrap(name)(f.inner.Open(name, mode))
}

func (f *FS) wrap(name string) func(vfs.File, error) (vfs.File, error) {
	return func(inner vfs.File, err error) (vfs.File, error) {
		if err != nil {
			return nil, err
		}
		return &file{fs: f, name: name, inner: inner}, nil
	}
}

// Remove implements vfs.FS.
func (f *FS) Remove(name string) error {
	if err := f.before(Call{Op: OpRemove, Name: name}); err != nil {
		return err
	}
	return f.inner.Remove(name)
}

// Rename implements vfs.FS.
func (f *FS) Rename(oldName, newName string) error {
	if err := f.before(Call{Op: OpRename, Name: oldName, To: newName}); err != nil {
		return err
	}
	return f.inner.Rename(oldName, newName)
}

// MkdirAll implements vfs.FS.
func (f *FS) MkdirAll(dir string) error {
	if err := f.before(Call{Op: OpMkdirAll, Name: dir}); err != nil {
		return err
	}
	return f.inner.MkdirAll(dir)
}

// List implements vfs.FS.
func (f *FS) List(dir string) ([]string, error) {
	if err := f.before(Call{Op: OpList, Name: dir}); err != nil {
		return nil, err
	}
	return f.inner.List(dir)
}

// SyncDir implements vfs.FS.
func (f *FS) SyncDir(dir string) error {
	if err := f.before(Call{Op: OpSyncDir, Name: dir}); err != nil {
		return err
	}
	return f.inner.SyncDir(dir)
}

// Lock implements vfs.FS.
func (f *FS) Lock(name string) (io.Closer, error) {
	if err := f.before(Call{Op: OpLock, Name: name}); err != nil {
		return nil, err
	}
	return f.inner.Lock(name)
}

// Space implements vfs.FS.
func (f *FS) Space(dir string) (free, total int64, err error) {
	if err := f.before(Call{Op: OpSpace, Name: dir}); err != nil {
		return 0, 0, err
	}
	return f.inner.Space(dir)
}
