package extent

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// writeBytes is how much a Writer collects before it writes: enough that
// direct I/O is as fast as the device, and that small extents share a write.
const writeBytes = 1 << 20

// Options say how to write a file. The zero value is usable.
type Options struct {
	// Class is the retention class; Class1d by default.
	Class Class
	// Instance is the installation's UUID, kept in the file.
	Instance [16]byte
	// Direct bypasses the operating system's cache where that is possible, so
	// that a flush does not push what readers use out of it.
	Direct bool
	// BlockBytes is the size of blocks, 64 KiB by default. A piece of a Part
	// that does not fit makes a block of its own.
	BlockBytes int
}

// Writer writes one extent file. It takes 1 MiB of memory, plus 80 bytes for
// each extent in the file.
//
// After a failed write or sync the file is lost: every later call gives the
// same error, and only what an earlier Sync made durable may be used
// (spec storage §2.2). A Writer is for one goroutine.
type Writer struct {
	fs      vfs.FS
	file    vfs.File
	name    string
	options Options
	number  uint64

	buf   []byte // aligned; what has not been written yet, pos-len(buf) on
	pos   int64  // where the next extent starts
	metas []Meta // of the extents in the file, for the footer
	err   error  // the first failure; sticky
}

// Create makes the file Path(dir, o.Class, number) and its folder. The name is
// durable when Create returns.
//
// Numbers are never used twice: a file that exists gives an error that matches
// fs.ErrExist. After a crash files may exist that no manifest knows of, so
// numbers must go on above those of List.
func Create(fsys vfs.FS, dir string, number uint64, o Options) (*Writer, error) {
	if o.Class == 0 {
		o.Class = Class1d
	}
	if o.BlockBytes <= 0 {
		o.BlockBytes = defaultBlockBytes
	}
	name := Path(dir, o.Class, number)
	w := &Writer{fs: fsys, name: name, options: o, number: number, pos: pageBytes}
	if err := w.create(); err != nil {
		return nil, fmt.Errorf("create extent file %s: %w", name, err)
	}
	w.buf = fileHeader{class: o.Class, instance: o.Instance, file: number}.append(vfs.AlignedLarge(writeBytes)[:0])
	return w, nil
}

func (w *Writer) create() error {
	folder := path.Dir(w.name)
	if err := w.fs.MkdirAll(folder); err != nil {
		return err
	}
	switch f, err := w.fs.Open(w.name, vfs.Buffered); {
	case err == nil:
		return errors.Join(fs.ErrExist, f.Close())
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	mode := vfs.Buffered
	if w.options.Direct {
		mode = vfs.Direct
	}
	f, err := w.fs.Create(w.name, mode)
	if err != nil {
		return err
	}
	if err := w.fs.SyncDir(folder); err != nil {
		return errors.Join(err, f.Close())
	}
	w.file = f
	return nil
}

// Add writes an extent of the shard's records in parts, the first of which has
// the offset first. Add keeps no reference to them.
//
// The extent may be read, and its Meta enter the manifest, once Sync or Finish
// has returned nil. Records that cannot be stored give an error that leaves
// the file as it was.
func (w *Writer) Add(key storage.ShardKey, first storage.Offset, parts []Part) (Meta, error) {
	return w.add(Meta{Key: key, First: first}, parts)
}

// AddMoved is Add for records that are in other extents, from which
// Store.ReadWhole has read them.
func (w *Writer) AddMoved(key storage.ShardKey, first storage.Offset, parts []Part) (Meta, error) {
	return w.add(Meta{Key: key, First: first, Moved: true}, parts)
}

// add adds an extent of which m says what the parts do not.
func (w *Writer) add(m Meta, parts []Part) (Meta, error) {
	if w.err != nil {
		return Meta{}, w.err
	}
	x, err := measure(parts, m.First, w.options.BlockBytes)
	if err != nil {
		return Meta{}, fmt.Errorf("extent of shard %s: %w", m.Key, err)
	}
	x.instance = w.options.Instance
	x.meta.Key, x.meta.Class, x.meta.File, x.meta.Moved = m.Key, w.options.Class, w.number, m.Moved
	x.place(w.pos)

	w.write(x.append(nil))
	for i := range parts {
		w.write(parts[i].Bytes)
	}
	w.pad()
	if w.err != nil {
		return Meta{}, w.err
	}
	w.metas = append(w.metas, x.meta)
	return x.meta, nil
}

// Size returns the length of the file so far, in bytes.
func (w *Writer) Size() int64 { return w.pos }

// Sync makes everything added so far durable. The file stays open for more.
func (w *Writer) Sync() error {
	w.flush()
	if w.err == nil {
		w.fail(w.file.Sync())
	}
	return w.err
}

// Finish writes the footer, makes the file durable and closes it. The Writer
// must not be used afterwards.
//
// A file that is never finished loses nothing but the footer: everything that
// Sync covered stays readable.
func (w *Writer) Finish() error {
	w.write(appendFooter(nil, w.pos, w.number, w.metas))
	return errors.Join(w.Sync(), w.close())
}

// Close closes the file without a footer, after an error or when it is to stay
// as the last Sync left it. The Writer must not be used afterwards.
func (w *Writer) Close() error { return w.close() }

// Abort closes the file and removes it. It is for files of which no extent is
// in the manifest; an error leaves a file behind that nothing refers to. The
// Writer must not be used afterwards.
func (w *Writer) Abort() error {
	err := errors.Join(w.close(), w.fs.Remove(w.name))
	if err != nil {
		return fmt.Errorf("abort: %w", err)
	}
	return nil
}

func (w *Writer) close() error {
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("extent file %s: %w", w.name, err)
	}
	return nil
}

// write appends b to the file by way of the buffer.
func (w *Writer) write(b []byte) {
	w.pos += int64(len(b))
	for len(b) > 0 && w.err == nil {
		n := copy(w.buf[len(w.buf):cap(w.buf)], b)
		w.buf, b = w.buf[:len(w.buf)+n], b[n:]
		if len(w.buf) == cap(w.buf) {
			w.flushAt(w.pos - int64(len(b)))
		}
	}
}

// pad appends zeros up to the next page.
func (w *Writer) pad() {
	w.write(zeros[:vfs.AlignUp(w.pos)-w.pos])
}

// flush writes out what the buffer holds.
func (w *Writer) flush() { w.flushAt(w.pos) }

// flushAt writes out the buffer, which ends at position end in the file. The
// buffer is always whole pages then: it is full, or between extents.
func (w *Writer) flushAt(end int64) {
	if w.err != nil || len(w.buf) == 0 {
		return
	}
	_, err := w.file.WriteAt(w.buf, end-int64(len(w.buf)))
	w.buf = w.buf[:0]
	w.fail(err)
}

// fail makes the first error sticky.
func (w *Writer) fail(err error) {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("extent file %s: %w", w.name, err)
	}
}
