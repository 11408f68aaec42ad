package disklog

import (
	"cmp"
	"slices"

	"github.com/leat-io/leat/storage/disklog/extent"
)

// adoptFiles compares the extent files with the manifest, which is complete
// now, and hands over to the committer and the flusher. Files that nothing
// refers to are removed: a crash came between their writing and their entries
// in the manifest, or between the deletion of what they held and theirs. Space
// that such a crash left in other files is punched again.
func (r *recovery) adoptFiles() error {
	f := r.flusher
	live := make(map[uint64][]extent.Meta)
	for _, s := range r.table.all() {
		s.assigned.next, s.assigned.millis = s.next, s.lastMillis
		for _, m := range s.extents {
			f.addLive(m)
			live[m.File] = append(live[m.File], m)
		}
	}
	for _, m := range r.garbage.take() {
		f.nextFile = max(f.nextFile, m.File+1)
	}
	files, err := extent.List(r.opts.FS, r.extentsDir())
	if err != nil {
		return err
	}
	for _, file := range files {
		f.nextFile = max(f.nextFile, file.Number+1)
		if extents := live[file.Number]; len(extents) > 0 {
			f.gaps = append(f.gaps, gaps(extents)...)
			continue
		}
		if err := r.store.Remove(file.Class, file.Number); err != nil {
			r.opts.Logger.Warn("an extent file that nothing needs stays behind", "file", file.Path, "err", err)
		}
	}
	return nil
}

// gaps returns the regions between the live extents of one file, as extents
// of which only the place counts. What lies behind the last one may be the
// footer.
func gaps(live []extent.Meta) (gaps []extent.Meta) {
	slices.SortFunc(live, func(a, b extent.Meta) int { return cmp.Compare(a.Pos, b.Pos) })
	end := int64(extentFileHeader)
	for _, m := range live {
		if m.Pos > end {
			gaps = append(gaps, extent.Meta{Class: m.Class, File: m.File, Pos: end, Length: m.Pos - end})
		}
		end = m.Pos + m.Length
	}
	return gaps
}

// extentFileHeader is where the first extent of a file begins.
const extentFileHeader = 4096

// punchGaps gives back what a crash has left. Most of it is punched already,
// which costs next to nothing to do again.
func (f *flusher) punchGaps() {
	for _, m := range f.gaps {
		if err := f.store.Punch(m); err != nil {
			f.opts.Logger.Warn("space is not given back", "file", extent.Path(f.extentsDir(), m.Class, m.File), "err", err)
			break
		}
	}
	f.gaps = nil
}
