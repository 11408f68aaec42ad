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
)

// folderFormat is the version of the data folder as a whole.
const folderFormat = 1

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
func encodeFormat(instance [16]byte) []byte {
	text := fmt.Sprintf("leat data folder\nformat %d\ninstance %s\n", folderFormat, hex.EncodeToString(instance[:]))
	return fmt.Appendf(nil, "%scrc32c %08x\n", text, crc32.Checksum([]byte(text), castagnoli))
}

// decodeFormat is the reverse of encodeFormat.
func decodeFormat(name string, content []byte) (instance [16]byte, err error) {
	corrupt := &storage.CorruptError{File: name, Reason: "not the FORMAT of a data folder"}
	text, sum, ok := bytes.Cut(content, []byte("crc32c "))
	var want uint32
	if !ok {
		return instance, corrupt
	}
	if _, err := fmt.Sscanf(string(sum), "%08x\n", &want); err != nil || crc32.Checksum(text, castagnoli) != want {
		return instance, corrupt
	}
	lines := strings.Split(string(text), "\n")
	var format int
	if len(lines) < 3 {
		return instance, corrupt
	}
	if _, err := fmt.Sscanf(lines[1], "format %d", &format); err != nil || lines[0] != "leat data folder" {
		return instance, corrupt
	}
	if format > folderFormat {
		return instance, &FormatError{File: name, Format: format, Known: folderFormat}
	}
	id, err := hex.DecodeString(strings.TrimPrefix(lines[2], "instance "))
	if err != nil || len(id) != len(instance) || !bytes.Equal(encodeFormat([16]byte(id)), content) {
		return instance, corrupt
	}
	return [16]byte(id), nil
}

// readFormat returns the instance UUID that a FORMAT file holds.
func readFormat(fsys vfs.FS, name string) (instance [16]byte, err error) {
	content, err := readFile(fsys, name)
	if err != nil {
		return instance, err
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
func identify(fsys vfs.FS, dir string) (instance [16]byte, created bool, err error) {
	instance, err = readFormat(fsys, path.Join(dir, formatName))
	if err == nil {
		return instance, false, fsys.SyncDir(dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return instance, false, err
	}
	instance, err = readFormat(fsys, path.Join(dir, formatNew))
	if err == nil {
		return instance, true, writeNewFormat(fsys, dir, instance, fsys.Open)
	}
	for _, name := range []string{"journal", "extents", "meta"} {
		if names, err := fsys.List(path.Join(dir, name)); err == nil && len(names) > 0 {
			return instance, false, &storage.CorruptError{
				File:   path.Join(dir, formatName),
				Reason: fmt.Sprintf("the file is missing although %s is not empty", name),
			}
		}
	}
	if instance, err = newInstance(); err != nil {
		return instance, false, err
	}
	return instance, true, writeNewFormat(fsys, dir, instance, fsys.Create)
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

// writeNewFormat durably notes that the folder is being made. With Open for
// open it writes over the same bytes, so that a crash cannot leave others.
func writeNewFormat(fsys vfs.FS, dir string, instance [16]byte, open func(string, vfs.Mode) (vfs.File, error)) error {
	f, err := open(path.Join(dir, formatNew), vfs.Buffered)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(encodeFormat(instance), 0)
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
func commitFormat(fsys vfs.FS, dir string) error {
	if err := fsys.Rename(path.Join(dir, formatNew), path.Join(dir, formatName)); err != nil {
		return err
	}
	return fsys.SyncDir(dir)
}
