package extent

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/leat-io/leat/internal/vfs"
)

type memFS struct {
	mu    sync.Mutex
	files map[string]*memFile
}

type memFile struct {
	mu    sync.Mutex
	b     []byte
	align int
}

func newMem() *memFS { return &memFS{files: map[string]*memFile{}} }

func (m *memFS) Create(name string, mode vfs.Mode) (vfs.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = &memFile{align: 1}
	return m.files[name], nil
}
func (m *memFS) Open(name string, mode vfs.Mode) (vfs.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.files[name]; f != nil {
		return f, nil
	}
	return nil, fs.ErrNotExist
}
func (m *memFS) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] == nil {
		return fs.ErrNotExist
	}
	delete(m.files, name)
	return nil
}
func (m *memFS) Rename(a, b string) error           { panic("unused") }
func (m *memFS) MkdirAll(dir string) error          { return nil }
func (m *memFS) SyncDir(dir string) error           { return nil }
func (m *memFS) Lock(string) (io.Closer, error)     { panic("unused") }
func (m *memFS) Space(string) (int64, int64, error) { panic("unused") }
func (m *memFS) List(dir string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for n := range m.files {
		if path.Dir(n) == dir {
			out = append(out, path.Base(n))
		}
	}
	slices.Sort(out)
	return out, nil
}

func (f *memFile) ReadAt(p []byte, pos int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if pos >= int64(len(f.b)) {
		return 0, io.EOF
	}
	n := copy(p, f.b[pos:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
func (f *memFile) WriteAt(p []byte, pos int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if need := int(pos) + len(p); need > len(f.b) {
		f.b = append(f.b, make([]byte, need-len(f.b))...)
	}
	return copy(f.b[pos:], p), nil
}
func (f *memFile) Close() error         { return nil }
func (f *memFile) Sync() error          { return nil }
func (f *memFile) Size() (int64, error) { return int64(len(f.b)), nil }
func (f *memFile) Truncate(n int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.b = f.b[:n:n]
	return nil
}
func (f *memFile) Punch(pos, n int64) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.b[pos : pos+n])
	return true, nil
}
func (f *memFile) Alignment() int { return f.align }

func newFS() vfs.FS { return newMem() }
