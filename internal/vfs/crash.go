package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// Errors of a Crash file system that a real one does not give.
var (
	// ErrCrashed is what everything gives after Kill or PowerLoss.
	ErrCrashed = errors.New("the machine is down")
	// ErrMisaligned says that a direct file was used with an offset, a length
	// or memory that is not a multiple of Alignment.
	ErrMisaligned = errors.New("direct access is not aligned")
)

// Crash is a file system in memory that knows which of what was written has
// been synced. PowerLoss and Kill end it and return what is found after the
// restart.
//
// The rules are those of spec storage §2.1, read as unkindly as they allow: of
// the sectors written and not synced any subset survives, each as one of the
// states it had; of a changed size, any in between; of the names created,
// renamed and removed without SyncDir, any subset. Sync of a file does not make
// its name durable.
type Crash struct {
	mu struct {
		sync.Mutex
		down    bool
		folders map[string]bool
		names   map[string]*inode // as the process sees them
		durable map[string]*inode // as the disk has them
		pending []nameChange      // how durable becomes names, in order
		locks   map[string]bool
		used    int64 // bytes of allocated blocks
		total   int64 // size of the volume; 0 = endless
		cached  bool  // direct access is refused
	}
}

var _ FS = (*Crash)(nil)

// NewCrash returns an empty file system with the folders "." and "/".
func NewCrash() *Crash {
	c := &Crash{}
	c.mu.folders = map[string]bool{".": true, "/": true}
	c.mu.names = make(map[string]*inode)
	c.mu.durable = make(map[string]*inode)
	c.mu.locks = make(map[string]bool)
	return c
}

// SetTotal limits the volume to this many bytes; what is stored already stays.
// 0 lifts the limit.
func (c *Crash) SetTotal(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.total = bytes
}

// RefuseDirect makes direct files that are opened from now on as if buffered,
// like those of file systems without such access.
func (c *Crash) RefuseDirect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.cached = true
}

// LoseWrites does what Linux does when a write-back fails, which a sync then
// reports once: what was written to the file since the last sync counts as
// clean from now on although it is not on the disk. Buffered reads still find
// it, direct ones do not, and no later sync writes it (spec storage §2.2). A
// name without a file is ignored.
func (c *Crash) LoseWrites(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if node := c.mu.names[path.Clean(name)]; node != nil {
		node.lose()
	}
}

// Create implements FS.
func (c *Crash) Create(name string, mode Mode) (File, error) {
	name = path.Clean(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.checkLocked("create", name); err != nil {
		return nil, err
	}
	node := c.createLocked(name)
	node.truncate(0)
	return &crashFile{c: c, node: node, name: name, direct: mode == Direct && !c.mu.cached}, nil
}

// createLocked returns the file's inode, a new one if need be.
func (c *Crash) createLocked(name string) *inode {
	node, ok := c.mu.names[name]
	if !ok {
		node = newInode(c)
		c.mu.names[name] = node
		c.mu.pending = append(c.mu.pending, nameChange{kind: created, from: name, node: node})
	}
	return node
}

// checkLocked gives the error of any operation on the name: a crash, a missing
// folder.
func (c *Crash) checkLocked(op, name string) error {
	err := fs.ErrNotExist
	switch {
	case c.mu.down:
		err = ErrCrashed
	case c.mu.folders[path.Dir(name)]:
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// findLocked returns the inode of an existing file.
func (c *Crash) findLocked(op, name string) (*inode, error) {
	if err := c.checkLocked(op, name); err != nil {
		return nil, err
	}
	node, ok := c.mu.names[name]
	if !ok {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return node, nil
}

// Open implements FS.
func (c *Crash) Open(name string, mode Mode) (File, error) {
	name = path.Clean(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	node, err := c.findLocked("open", name)
	if err != nil {
		return nil, err
	}
	return &crashFile{c: c, node: node, name: name, direct: mode == Direct && !c.mu.cached}, nil
}

// Remove implements FS. Open files remain usable; their space is given back
// all the same.
func (c *Crash) Remove(name string) error {
	name = path.Clean(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	node, err := c.findLocked("remove", name)
	if err != nil {
		return err
	}
	delete(c.mu.names, name)
	node.unlinked()
	c.mu.pending = append(c.mu.pending, nameChange{kind: removed, from: name, node: node})
	return nil
}

// Rename implements FS.
func (c *Crash) Rename(oldName, newName string) error {
	oldName, newName = path.Clean(oldName), path.Clean(newName)
	c.mu.Lock()
	defer c.mu.Unlock()
	node, err := c.findLocked("rename", oldName)
	if err == nil {
		err = c.checkLocked("rename", newName)
	}
	if err != nil || oldName == newName {
		return err
	}
	if replaced, ok := c.mu.names[newName]; ok {
		replaced.unlinked()
	}
	delete(c.mu.names, oldName)
	c.mu.names[newName] = node
	c.mu.pending = append(c.mu.pending, nameChange{kind: renamed, from: oldName, to: newName, node: node})
	return nil
}

// MkdirAll implements FS.
func (c *Crash) MkdirAll(dir string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.down {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: ErrCrashed}
	}
	for dir = path.Clean(dir); !c.mu.folders[dir]; dir = path.Dir(dir) {
		if _, ok := c.mu.names[dir]; ok {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: fs.ErrExist}
		}
		c.mu.folders[dir] = true
	}
	return nil
}

// List implements FS.
func (c *Crash) List(dir string) ([]string, error) {
	dir = path.Clean(dir)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.down || !c.mu.folders[dir] {
		return nil, c.noFolderLocked("list", dir)
	}
	var names []string
	for name := range c.mu.names {
		if path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	for folder := range c.mu.folders {
		if path.Dir(folder) == dir && folder != dir {
			names = append(names, path.Base(folder))
		}
	}
	slices.Sort(names)
	return names, nil
}

func (c *Crash) noFolderLocked(op, dir string) error {
	err := fs.ErrNotExist
	if c.mu.down {
		err = ErrCrashed
	}
	return &fs.PathError{Op: op, Path: dir, Err: err}
}

// SyncDir implements FS.
func (c *Crash) SyncDir(dir string) error {
	dir = path.Clean(dir)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.down || !c.mu.folders[dir] {
		return c.noFolderLocked("sync", dir)
	}
	needed := neededBySync(dir, c.mu.pending)
	var synced, rest []nameChange
	for i, change := range c.mu.pending {
		if needed[i] {
			synced = append(synced, change)
		} else {
			rest = append(rest, change)
		}
	}
	replay(c.mu.durable, synced, func(int) bool { return true })
	c.mu.pending = rest
	return nil
}

// Lock implements FS. Everybody who uses this Crash counts as another process.
func (c *Crash) Lock(name string) (io.Closer, error) {
	name = path.Clean(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.checkLocked("lock", name); err != nil {
		return nil, err
	}
	if c.mu.locks[name] {
		return nil, fmt.Errorf("lock %s: %w", name, ErrLocked)
	}
	c.createLocked(name)
	c.mu.locks[name] = true
	return &crashLock{c: c, name: name}, nil
}

type crashLock struct {
	c    *Crash
	name string
}

func (l *crashLock) Close() error {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if !l.c.mu.locks[l.name] {
		return &fs.PathError{Op: "unlock", Path: l.name, Err: fs.ErrClosed}
	}
	delete(l.c.mu.locks, l.name)
	return nil
}

// Space implements FS. An endless volume says that it is a terabyte.
func (c *Crash) Space(dir string) (free, total int64, err error) {
	dir = path.Clean(dir)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.down || !c.mu.folders[dir] {
		return 0, 0, c.noFolderLocked("statfs", dir)
	}
	total = c.mu.total
	if total == 0 {
		total = 1 << 40
	}
	return max(0, total-c.mu.used), total, nil
}
