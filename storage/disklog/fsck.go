package disklog

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// FsckReport is what Fsck found.
type FsckReport struct {
	// Problems are everything that is not as it should be. The log can be
	// opened when none of them is Fatal.
	Problems []Problem
	// What was looked at.
	Snapshots, Segments, ExtentFiles, Extents, ShardLogs int
	// Bytes of partition keys and data in extents, and entries in the journal.
	ExtentBytes, JournalBytes int64
}

// Problem is one thing that Fsck found wrong.
type Problem struct {
	// File and Offset say where, as far as it is known.
	File   string
	Offset int64
	Reason string
	// Fatal says that the log refuses to open because of it. Otherwise reads
	// of what is damaged fail, or a snapshot before the damaged one is used.
	Fatal bool
}

// String returns one line without a period.
func (p Problem) String() string {
	kind := "damage"
	if p.Fatal {
		kind = "fatal damage"
	}
	return fmt.Sprintf("%s: %s at byte %d: %s", p.File, kind, p.Offset, p.Reason)
}

// Fsck verifies everything in the data folder with the code that a log is
// opened with, and changes nothing. The machines are those of Open, with no
// state yet; they are brought to the state that the folder holds. Of the
// options, FS and Logger matter.
//
// The error says why the folder could not be examined at all, such as
// ErrLocked when a log has it open; damage is in the report.
func Fsck(dir string, machines map[string]storage.Machine, o Options) (report *FsckReport, err error) {
	o = o.withDefaults()
	lock, err := o.FS.Lock(path.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("fsck %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	f := &fsck{
		FsckReport: &FsckReport{},
		log: &Log{
			dir: dir, opts: o, machines: machines,
			table: table{streams: make(map[storage.StreamID]*streamLogs)},
		},
		found: make(map[extentPlace]error),
	}
	if err := f.run(); err != nil {
		return nil, fmt.Errorf("fsck %s: %w", dir, err)
	}
	return f.FsckReport, nil
}

// fsck is one run of Fsck.
type fsck struct {
	*FsckReport
	log *Log
	// found has every extent that is in a file, with what is wrong with it.
	found map[extentPlace]error
	// files are the extent files.
	files map[uint64]string
}

func (f *fsck) run() error {
	l := f.log
	id, err := readFormat(l.opts.FS, path.Join(l.dir, formatName))
	if corrupt := new(storage.CorruptError); errors.As(err, &corrupt) {
		f.problem(err, true)
		return nil
	}
	if err != nil {
		return err
	}
	l.instance, l.format = id.instance, id.format
	if err := f.snapshots(); err != nil {
		return err
	}
	if err := f.extents(); err != nil {
		return err
	}
	r := newRecovery(l)
	if err := f.replay(r); err != nil {
		f.problem(err, true)
		return f.segments()
	}
	for _, s := range r.table.all() {
		f.shard(s)
	}
	return nil
}

// problem adds err to the report, once.
func (f *fsck) problem(err error, fatal bool) {
	p := Problem{File: f.log.dir, Reason: err.Error(), Fatal: fatal}
	if corrupt := new(storage.CorruptError); errors.As(err, &corrupt) {
		p.File, p.Offset, p.Reason = corrupt.File, corrupt.Offset, corrupt.Reason
	}
	for _, known := range f.Problems {
		if known.File == p.File && known.Offset == p.Offset {
			return
		}
	}
	f.Problems = append(f.Problems, p)
}

// snapshots reads every snapshot. One that is damaged is fatal only when the
// journal does not reach back to the one before; then the replay fails.
func (f *fsck) snapshots() error {
	lsns, err := listSnapshots(f.log)
	if err != nil {
		return err
	}
	for _, lsn := range lsns {
		f.Snapshots++
		if _, err := readSnapshot(f.log.opts.FS, path.Join(f.log.metaDir(), snapshotName(lsn))); err != nil {
			f.problem(err, false)
		}
	}
	return nil
}

// extents reads every extent file.
func (f *fsck) extents() error {
	fsys := f.log.opts.FS
	files, err := extent.List(fsys, f.log.extentsDir())
	if err != nil {
		return err
	}
	f.files = make(map[uint64]string, len(files))
	for _, file := range files {
		f.ExtentFiles++
		f.files[file.Number] = file.Path
		err := extent.Inspect(fsys, file.Path, true, func(m extent.Meta, err error) bool {
			f.found[extentPlace{file.Number, m.Pos}] = err
			if err == nil {
				f.Extents++
				f.ExtentBytes += m.Bytes
			}
			return true
		})
		if err != nil {
			f.problem(err, false)
		}
	}
	return nil
}

// replay brings the log to the state that Open would bring it to.
func (f *fsck) replay(r *recovery) error {
	if err := r.loadSnapshot(); err != nil {
		return err
	}
	o := f.log.journalOptions(false)
	end, err := journal.Check(o, r.from.replayFrom, r.frame)
	if err != nil {
		return err
	}
	f.JournalBytes = r.replayed
	names, err := o.FS.List(o.Dir)
	f.Segments = len(slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, ".j") }))
	return errors.Join(err, r.reached(end))
}

// segments looks for what is wrong with a journal that cannot be replayed.
func (f *fsck) segments() error {
	dir := f.log.journalDir()
	names, err := f.log.opts.FS.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".j") {
			continue
		}
		f.Segments++
		err := journal.Inspect(f.log.opts.FS, path.Join(dir, name), func(fr journal.Frame, err error) bool {
			f.JournalBytes += int64(len(fr.Payload))
			if corrupt := new(storage.CorruptError); errors.As(err, &corrupt) {
				f.problem(err, true)
			}
			return true
		})
		if err != nil {
			f.problem(err, true)
		}
	}
	return nil
}

// shard compares the extents that a shard log should have with those that are
// there.
func (f *fsck) shard(s *shard) {
	f.ShardLogs++
	next := s.first
	for i, m := range s.extents {
		name := extent.Path(f.log.extentsDir(), m.Class, m.File)
		if m.First > next && i > 0 || m.First > s.first && i == 0 {
			f.problem(&storage.CorruptError{File: name, Offset: m.Pos,
				Reason: fmt.Sprintf("shard log %v has no extent for offsets %d to %d", s.key, next, m.First-1)}, false)
		}
		next = m.Last + 1
		err, ok := f.found[placeOf(m)]
		var corrupt *storage.CorruptError
		switch {
		case f.files[m.File] == "":
			err = &storage.CorruptError{File: name, Reason: "extent file is missing"}
		case !ok:
			err = &storage.CorruptError{File: name, Offset: m.Pos, Reason: fmt.Sprintf("extent is missing: %v", m)}
		case errors.Is(err, extent.ErrPunched):
			err = &storage.CorruptError{File: name, Offset: m.Pos, Reason: fmt.Sprintf("extent that is wanted was punched: %v", m)}
		case errors.As(err, &corrupt):
			// From when to when, for readers that are to go on behind it.
			err = &storage.CorruptError{File: corrupt.File, Offset: corrupt.Offset, Reason: fmt.Sprintf("%s, in shard log %v, among records that arrived from %s to %s",
				corrupt.Reason, s.key, dumpTime(m.FirstMillis), dumpTime(m.LastMillis))}
		}
		if err != nil {
			f.problem(err, false)
		}
	}
}
