package extent

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/leat-io/leat/internal/vfs"
)

// FileInfo is one file of those in a folder.
type FileInfo struct {
	Class  Class
	Number uint64
	Path   string
}

// List returns the extent files below dir, ordered by class and number. Other
// files are left out.
func List(fsys vfs.FS, dir string) ([]FileInfo, error) {
	var files []FileInfo
	for class := Class1d; class < classEnd; class++ {
		names, err := fsys.List(path.Join(dir, class.String()))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("list extent files: %w", err)
		}
		for _, base := range names {
			if number, ok := parseName(base); ok {
				files = append(files, FileInfo{class, number, Path(dir, class, number)})
			}
		}
	}
	return files, nil
}

// scan finds extents by their headers, page by page where there is none. Runs
// of pages that are neither extents nor zeros are reported as damage.
func (in *inspector) scan() error {
	garbage := int64(-1) // where the run began
	for pos := int64(pageBytes); pos < in.size && !in.stopped; {
		page, err := readAt(in.file, pos, min(pageBytes, in.size-pos))
		if err != nil {
			return err
		}
		x, err := decodeHeader(page, maxFileBytes)
		if _, damaged := err.(damage); err != nil && !damaged {
			return err
		}
		found := err == nil && x.meta.Pos == pos && x.meta.File == in.number
		if garbage >= 0 && (found || allZero(page)) {
			in.garbage(garbage)
			garbage = -1
		}
		switch {
		case found:
			if err := in.extent(x.meta); err != nil {
				return err
			}
			pos += x.meta.Length
			continue
		case garbage < 0 && !allZero(page):
			garbage = pos
		}
		pos += pageBytes
	}
	if garbage >= 0 && !in.badFooter { // else it is the footer, and known
		in.garbage(garbage)
	}
	return nil
}

func (in *inspector) garbage(pos int64) {
	in.report(Meta{}, corrupt(in.name, pos, "neither an extent nor zeros"))
}
