package vfs

import (
	"fmt"
	"io"
	"io/fs"
)

// inode is the content of a file of a Crash, guarded by its mutex.
type inode struct {
	c    *Crash
	data []byte // as the process sees it

	// stable is what the disk holds for certain. dirty has, for each sector
	// that was written since, the states it went through before the present
	// one, but for the stable one. sizes are those the file had since the last
	// sync.
	stable []byte
	dirty  map[int64][][]byte
	sizes  []int64

	// lost are sectors whose writes the system has given up on: data has them,
	// the disk does not, and a sync will not write them (see LoseWrites).
	lost map[int64]bool

	blocks map[int64]bool // allocated blocks of Alignment bytes
	gone   bool           // no name leads here; its space was given back
}

// maxStates bounds the states remembered of a sector.
const maxStates = 3

func newInode(c *Crash) *inode {
	return &inode{
		c: c, dirty: make(map[int64][][]byte), lost: make(map[int64]bool), blocks: make(map[int64]bool),
	}
}

// write changes the content. The caller has checked the space.
func (n *inode) write(p []byte, off int64) {
	end := off + int64(len(p))
	if old := int64(len(n.data)); end > old {
		n.resize(end)
	}
	for s := off / sector; s*sector < end; s++ {
		n.touch(s)
	}
	copy(n.data[off:], p)
	if !n.gone {
		for b := off / Alignment; b*Alignment < end; b++ {
			if !n.blocks[b] {
				n.blocks[b] = true
				n.c.mu.used += Alignment
			}
		}
	}
}

// grows returns how many bytes a write would allocate.
func (n *inode) grows(off, length int64) (bytes int64) {
	for b := off / Alignment; b*Alignment < off+length; b++ {
		if !n.blocks[b] {
			bytes += Alignment
		}
	}
	return bytes
}

// touch remembers the present state of a sector that is about to change.
func (n *inode) touch(s int64) {
	states, again := n.dirty[s]
	if again && len(states) < maxStates {
		states = append(states, n.at(n.data, s))
	}
	n.dirty[s] = states
	delete(n.lost, s)
}

// at returns a copy of a sector, zeros where the content has ended.
func (n *inode) at(content []byte, s int64) []byte {
	p := make([]byte, sector)
	if from := s * sector; from < int64(len(content)) {
		copy(p, content[from:])
	}
	return p
}

// resize sets the size. New bytes are zeros.
func (n *inode) resize(size int64) {
	old := int64(len(n.data))
	n.sizes = append(n.sizes, old)
	if size < old {
		n.data = n.data[:size]
		return
	}
	// What the disk may still hold beyond the old size from before a
	// truncation has to be overwritten by the zeros.
	for s := old / sector; s*sector < min(size, int64(len(n.stable))); s++ {
		n.touch(s)
	}
	if size > int64(cap(n.data)) {
		n.data = append(make([]byte, 0, max(size, 2*old)), n.data...)
	}
	n.data = n.data[:size]
	clear(n.data[old:])
}

// truncate sets the size and gives back what lies beyond.
func (n *inode) truncate(size int64) {
	if size == int64(len(n.data)) {
		return
	}
	n.resize(size)
	for b := range n.blocks {
		if b*Alignment >= size {
			n.free(b)
		}
	}
}

func (n *inode) free(b int64) {
	if n.blocks[b] {
		delete(n.blocks, b)
		n.c.mu.used -= Alignment
	}
}

// unlinked gives back the space of a file without a name.
func (n *inode) unlinked() {
	n.gone = true
	for b := range n.blocks {
		n.free(b)
	}
}

// sync makes the content durable.
func (n *inode) sync() {
	size := int64(len(n.data))
	if int64(cap(n.stable)) < size {
		n.stable = append(make([]byte, 0, cap(n.data)), n.stable...)
	}
	if old := int64(len(n.stable)); old < size {
		n.stable = n.stable[:size]
		clear(n.stable[old:])
	}
	n.stable = n.stable[:size]
	for s := range n.dirty {
		if from := s * sector; from < size {
			to := min(from+sector, size)
			copy(n.stable[from:to], n.data[from:to])
		}
	}
	clear(n.dirty)
	n.sizes = nil
}

// readDisk puts what the disk has in place of what the cache only pretends to.
func (n *inode) readDisk(p []byte, off int64) {
	for s := range n.lost {
		if from := s*sector - off; from >= 0 && from < int64(len(p)) {
			copy(p[from:], n.at(n.stable, s))
		}
	}
}

// lose gives up the writes since the last sync.
func (n *inode) lose() {
	for s := range n.dirty {
		n.lost[s] = true
	}
	clear(n.dirty)
}

// crashFile is an open file of a Crash.
type crashFile struct {
	c      *Crash
	node   *inode
	name   string
	direct bool
	closed bool
}

// checkLocked gives the error of any operation on the file.
func (f *crashFile) checkLocked(op string) error {
	switch {
	case f.c.mu.down:
		return &fs.PathError{Op: op, Path: f.name, Err: ErrCrashed}
	case f.closed:
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrClosed}
	}
	return nil
}

// checkRangeLocked also checks the place and the memory of an access.
func (f *crashFile) checkRangeLocked(op string, p []byte, off int64) error {
	if err := f.checkLocked(op); err != nil {
		return err
	}
	if off < 0 {
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrInvalid}
	}
	if f.direct && (off%Alignment != 0 || len(p)%Alignment != 0 || address(p)%Alignment != 0) {
		return &fs.PathError{Op: op, Path: f.name,
			Err: fmt.Errorf("%w: offset %d, length %d, address %#x", ErrMisaligned, off, len(p), address(p))}
	}
	return nil
}

func (f *crashFile) ReadAt(p []byte, off int64) (int, error) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if err := f.checkRangeLocked("read", p, off); err != nil {
		return 0, err
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[off:])
	if f.direct {
		f.node.readDisk(p[:n], off)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *crashFile) WriteAt(p []byte, off int64) (int, error) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if err := f.checkRangeLocked("write", p, off); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if total := f.c.mu.total; total > 0 && !f.node.gone {
		if grows := f.node.grows(off, int64(len(p))); grows > 0 && f.c.mu.used+grows > total {
			return 0, &fs.PathError{Op: "write", Path: f.name, Err: ErrNoSpace}
		}
	}
	f.node.write(p, off)
	return len(p), nil
}

func (f *crashFile) Sync() error {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if err := f.checkLocked("sync"); err != nil {
		return err
	}
	f.node.sync()
	return nil
}

func (f *crashFile) Size() (int64, error) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	return int64(len(f.node.data)), f.checkLocked("stat")
}

func (f *crashFile) Truncate(size int64) error {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if err := f.checkRangeLocked("truncate", nil, 0); err != nil {
		return err
	}
	if size < 0 {
		return &fs.PathError{Op: "truncate", Path: f.name, Err: fs.ErrInvalid}
	}
	f.node.truncate(size)
	return nil
}

// Punch zeroes the region and gives back the blocks that lie wholly in it.
func (f *crashFile) Punch(offset, length int64) (bool, error) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if err := f.checkLocked("punch"); err != nil {
		return false, err
	}
	if offset < 0 || length <= 0 {
		return false, &fs.PathError{Op: "punch", Path: f.name, Err: fs.ErrInvalid}
	}
	end := min(offset+length, int64(len(f.node.data)))
	if offset >= end {
		return true, nil
	}
	for s := offset / sector; s*sector < end; s++ {
		f.node.touch(s)
	}
	clear(f.node.data[offset:end])
	for b := (offset + Alignment - 1) / Alignment; (b+1)*Alignment <= offset+length; b++ {
		f.node.free(b)
	}
	return true, nil
}

func (f *crashFile) Close() error {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if err := f.checkLocked("close"); err != nil {
		return err
	}
	f.closed = true
	return nil
}

func (f *crashFile) Alignment() int {
	if f.direct {
		return Alignment
	}
	return 1
}
