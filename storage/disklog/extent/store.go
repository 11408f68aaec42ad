package extent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync/atomic"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// StoreOptions say how to read. The zero value is usable.
type StoreOptions struct {
	// CacheBytes bounds what is kept of files in memory, 64 MiB by default.
	CacheBytes int64
	// OpenFiles bounds how many files are kept open while nobody reads them,
	// 128 by default.
	OpenFiles int
	// ReadAheadBytes bounds how much a sequential reader loads at once, 1 MiB
	// by default.
	ReadAheadBytes int64
	// Direct bypasses the operating system's cache where that is possible.
	Direct bool
	// Instance is the installation's UUID. Unless it is zero, extents of
	// another installation are refused as damage.
	Instance [16]byte
}

func (o StoreOptions) withDefaults() StoreOptions {
	if o.CacheBytes <= 0 {
		o.CacheBytes = 64 << 20
	}
	if o.OpenFiles <= 0 {
		o.OpenFiles = 128
	}
	if o.ReadAheadBytes <= 0 {
		o.ReadAheadBytes = 1 << 20
	}
	return o
}

// Store reads extents from the files in one folder.
//
// Memory. The Store holds at most CacheBytes of verified blocks and block
// tables. Each running call holds, beyond that, what it is loading: at most
// ReadAheadBytes, or one block when a record is larger than that, or one block
// table. Records that were returned keep the buffer alive that they are views
// of, which is of that size too; it counts as the caller's once evicted.
//
// Damage. A block whose checksum is wrong, or that the file is too short for,
// gives a *storage.CorruptError on the reads that need it; a damaged header or
// block table on all reads of that extent. A missing file is damage as well.
// An extent that was punched or whose file was removed reads as damaged: a
// caller who gives extents up while others read them decides by looking again
// whether the extent is still wanted.
//
// All methods may be called concurrently. A Store has no goroutines.
type Store struct {
	options StoreOptions
	fs      vfs.FS
	dir     string
	files   *files
	cache   *cache

	hits, loads, loadedBytes atomic.Uint64 // see Stats
}

// NewStore returns a Store for the files that a Writer made below dir.
func NewStore(fsys vfs.FS, dir string, o StoreOptions) *Store {
	o = o.withDefaults()
	mode := vfs.Buffered
	if o.Direct {
		mode = vfs.Direct
	}
	return &Store{
		options: o, fs: fsys, dir: dir,
		files: newFiles(fsys, dir, mode, o.OpenFiles),
		cache: newCache(o.CacheBytes),
	}
}

// Read appends records of the extent to dst: consecutive ones, from the first
// on whose offset is not below from and that did not arrive before
// notBeforeMillis. There may be none.
//
// It ends before the record that would be the extent's maxRecords+1st or bring
// the bytes of those it appended above maxBytes. When dst is empty, one record
// is returned whatever its size. It also ends before a block that cannot be
// read, so that an error means that nothing was appended.
//
// nextMillis is the arrival time of the record that Read ended before, and 0
// when it got to the end of the extent.
//
// The records are views of memory that nobody changes, valid as long as they
// are held.
func (s *Store) Read(ctx context.Context, m Meta, from storage.Offset, notBeforeMillis int64, maxRecords, maxBytes int,
	dst []storage.Record) (records []storage.Record, nextMillis int64, err error) {
	if from > m.Last || notBeforeMillis > m.LastMillis {
		return dst, 0, nil
	}
	from = max(from, m.First)
	r := &reading{
		shard: m.Key.Shard, from: from, notBefore: notBeforeMillis,
		maxRecords: maxRecords, maxBytes: maxBytes, start: len(dst), dst: dst,
	}
	x, err := s.index(ctx, m, r.headAhead(m))
	if err != nil {
		return dst, 0, fmt.Errorf("extent of shard %s: %w", m.Key, err)
	}
	for b := max(x.blockOf(from), x.blockAt(notBeforeMillis)); b < len(x.blocks) && !r.ended; b++ {
		if r.full() && len(r.dst) > r.start {
			return r.dst, x.blocks[b].firstMillis, nil // without loading the block for it
		}
		data, err := s.block(ctx, x, b, r.ahead(x, b))
		if err == nil {
			err = s.asCorrupt(m, x.blocks[b].pos, r.block(x, b, data))
		}
		if err != nil && len(r.dst) > r.start {
			return r.dst, x.blocks[b].firstMillis, nil // who reads on will meet it
		}
		if err != nil {
			return dst, 0, fmt.Errorf("extent of shard %s: %w", m.Key, err)
		}
	}
	return r.dst, r.nextMillis, nil
}

// OffsetAt returns the offset of the extent's first record that arrived at or
// after the Unix time millis, and m.Last+1 when there is none.
func (s *Store) OffsetAt(ctx context.Context, m Meta, millis int64) (storage.Offset, error) {
	if millis <= m.FirstMillis {
		return m.First, nil
	}
	if millis > m.LastMillis {
		return m.Last + 1, nil
	}
	x, err := s.index(ctx, m, 0)
	if err != nil {
		return 0, fmt.Errorf("extent of shard %s: %w", m.Key, err)
	}
	b := x.blockAt(millis)
	data, err := s.block(ctx, x, b, 0)
	if err != nil {
		return 0, fmt.Errorf("extent of shard %s: %w", m.Key, err)
	}
	offset, err := x.search(b, data, millis)
	if err != nil {
		return 0, fmt.Errorf("extent of shard %s: %w", m.Key, s.asCorrupt(m, x.blocks[b].pos, err))
	}
	return offset, nil
}

// Punch gives the extent's region back to the volume, where the file system
// can do that. Elsewhere the space returns when the file is removed, and until
// then the extent stays readable. A file that does not exist is not an error.
//
// The caller has given up the extent durably before (spec storage §7.1, I6).
// Reads of it that run at the same time may give a *storage.CorruptError.
func (s *Store) Punch(m Meta) error {
	f, err := s.files.acquire(m.Class, m.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("punch extent: %w", err)
	}
	_, err = f.Punch(m.Pos, m.Length)
	s.cache.invalidate(func(k extentKey) bool { return k == extentKey{m.File, m.Pos} })
	if err := errors.Join(err, s.files.release(f)); err != nil {
		return fmt.Errorf("punch extent file %s: %w", f.name, err)
	}
	return nil
}

// Remove unlinks a file, durably. It is not an error when it does not exist.
//
// The caller has given up all its extents durably before. Reads of them that
// run at the same time may give a *storage.CorruptError.
func (s *Store) Remove(class Class, file uint64) error {
	name := Path(s.dir, class, file)
	s.cache.invalidate(func(k extentKey) bool { return k.file == file })
	err := s.files.forget(file)
	if e := s.fs.Remove(name); !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	if err := errors.Join(err, s.fs.SyncDir(path.Dir(name))); err != nil {
		return fmt.Errorf("remove extent file %s: %w", name, err)
	}
	return nil
}

// Close closes the files. Calls that run at the same time complete or give an
// error that matches fs.ErrClosed, as later ones do.
func (s *Store) Close() error {
	s.cache.invalidate(func(extentKey) bool { return true })
	return s.files.close()
}

// Stats are figures about a Store.
type Stats struct {
	CachedBytes int64  // held in the cache now
	OpenFiles   int    // kept open now
	Hits        uint64 // blocks and block tables found in the cache so far
	Loads       uint64 // reads of files so far
	LoadedBytes uint64 // what those reads brought
}

// Stats returns the Store's figures.
func (s *Store) Stats() Stats {
	return Stats{
		CachedBytes: s.cache.bytes(), OpenFiles: s.files.count(),
		Hits: s.hits.Load(), Loads: s.loads.Load(), LoadedBytes: s.loadedBytes.Load(),
	}
}
