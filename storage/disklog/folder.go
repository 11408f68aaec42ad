package disklog

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path"
	"strings"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
)

// Names in the data folder.
const (
	lockName   = "LOCK"
	formatName = "FORMAT"
	// formatNew is the FORMAT of an installation that is being made. Its
	// journal may exist in part, and nothing was ever acknowledged.
	formatNew = "FORMAT.new"
	// formatTemp is the FORMAT that the one there is to be replaced by.
	formatTemp = "FORMAT.tmp"
)

// The versions of the data folder as a whole. New folders are of the newest. An
// older one is raised when something is first written that its version lacks,
// so that up to then an older leat can still open it.
const (
	// firstFormat has extents that stay where they are.
	firstFormat = 1
	// movingFormat has extents that take the place of others: the entry
	// Replacement, and extents that are marked as moved.
	movingFormat = 2

	folderFormat = movingFormat // the newest
)

// identity is what FORMAT says.
type identity struct {
	format   int
	instance [16]byte // UUID of the installation
}

// ErrLocked says that another process has the data folder open.
var ErrLocked = vfs.ErrLocked

// FormatError reports data of a newer format than this version can read.
type FormatError struct {
	File   string
	Format int // of the file
	Known  int // the newest that is understood
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s has format %d and needs a version of leat that knows it; this one knows up to %d",
		e.File, e.Format, e.Known)
}

// encodeFormat returns the content of FORMAT: lines of text, the last with a
// CRC32C of those before.
func encodeFormat(id identity) []byte {
	text := fmt.Sprintf("leat data folder\nformat %d\ninstance %s\n", id.format, hex.EncodeToString(id.instance[:]))
	return fmt.Appendf(nil, "%scrc32c %08x\n", text, crc32.Checksum([]byte(text), castagnoli))
}

// decodeFormat is the reverse of encodeFormat.
func decodeFormat(name string, content []byte) (id identity, err error) {
	corrupt := &storage.CorruptError{File: name, Reason: "not the FORMAT of a data folder"}
	text, sum, ok := bytes.Cut(content, []byte("crc32c "))
	var want uint32
	if !ok {
		return id, corrupt
	}
	if _, err := fmt.Sscanf(string(sum), "%08x\n", &want); err != nil || crc32.Checksum(text, castagnoli) != want {
		return id, corrupt
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 3 {
		return id, corrupt
	}
	if _, err := fmt.Sscanf(lines[1], "format %d", &id.format); err != nil || lines[0] != "leat data folder" || id.format < firstFormat {
		return id, corrupt
	}
	if id.format > folderFormat {
		return id, &FormatError{File: name, Format: id.format, Known: folderFormat}
	}
	instance, err := hex.DecodeString(strings.TrimPrefix(lines[2], "instance "))
	if err != nil || copy(id.instance[:], instance) != len(instance) || !bytes.Equal(encodeFormat(id), content) {
		return id, corrupt
	}
	return id, nil
}

// readFormat returns what a FORMAT file says.
func readFormat(fsys vfs.FS, name string) (id identity, err error) {
	content, err := readFile(fsys, name)
	if err != nil {
		return id, err
	}
	return decodeFormat(name, content)
}

// identify finds out whose folder it is. In a new one, and in one whose making
// was interrupted, created is true: the journal may be missing, and the caller
// calls commitFormat before anything is acknowledged. A folder that has data
// but no FORMAT is damaged, never new.
//
// Whatever is found may be in the system's cache only, when a process was
// killed before it had synced it, so it is synced before it is relied on. If a
// FORMAT were trusted whose name is lost in the next power failure, everything
// acknowledged meanwhile would be in a folder that seems to be new.
func identify(fsys vfs.FS, dir string) (id identity, created bool, err error) {
	id, err = readFormat(fsys, path.Join(dir, formatName))
	if err == nil {
		return id, false, fsys.SyncDir(dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return id, false, err
	}
	id, err = readFormat(fsys, path.Join(dir, formatNew))
	if err == nil {
		return id, true, writeFormat(fsys, dir, formatNew, id, fsys.Open)
	}
	for _, name := range []string{"journal", "extents", "meta"} {
		if names, err := fsys.List(path.Join(dir, name)); err == nil && len(names) > 0 {
			return id, false, &storage.CorruptError{
				File:   path.Join(dir, formatName),
				Reason: fmt.Sprintf("the file is missing although %s is not empty", name),
			}
		}
	}
	id.format = folderFormat
	if id.instance, err = newInstance(); err != nil {
		return id, false, err
	}
	return id, true, writeFormat(fsys, dir, formatNew, id, fsys.Create)
}

// newInstance returns a random UUID, version 4.
func newInstance() (id [16]byte, err error) {
	if _, err = rand.Read(id[:]); err != nil {
		return id, err
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id, nil
}

// writeFormat writes FORMAT durably under another name. FORMAT.new says that the
// folder is being made; with Open for open it is written over the same bytes, so
// that a crash cannot leave others.
func writeFormat(fsys vfs.FS, dir, name string, id identity, open func(string, vfs.Mode) (vfs.File, error)) error {
	f, err := open(path.Join(dir, name), vfs.Buffered)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(encodeFormat(id), 0)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return fsys.SyncDir(dir)
}

// commitFormat ends the making of the folder.
func commitFormat(fsys vfs.FS, dir string) error { return renameFormat(fsys, dir, formatNew) }

// renameFormat makes the FORMAT that was written under the name the one in
// force.
func renameFormat(fsys vfs.FS, dir, name string) error {
	if err := fsys.Rename(path.Join(dir, name), path.Join(dir, formatName)); err != nil {
		return err
	}
	return fsys.SyncDir(dir)
}

// raiseFormat makes the folder one that only a leat which knows the format
// opens from now on, durably.
func (l *Log) raiseFormat(format int) error {
	if l.format >= format {
		return nil
	}
	id := identity{format, l.instance}
	if err := writeFormat(l.opts.FS, l.dir, formatTemp, id, l.opts.FS.Create); err != nil {
		return fmt.Errorf("raise the format: %w", err)
	}
	if err := renameFormat(l.opts.FS, l.dir, formatTemp); err != nil {
		return fmt.Errorf("raise the format: %w", err)
	}
	l.opts.Logger.Info("the data folder has a newer format now; an older leat does not open it", "dir", l.dir, "format", format)
	l.format = format
	return nil
}
