package disklog

import (
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
		if len(live[file.Number]) == 0 {
			if err := r.store.Remove(file.Class, file.Number); err != nil {
				r.opts.Logger.Warn("an extent file that nothing needs stays behind", "file", file.Path, "err", err)
			}
		}
	}
	return nil
}
