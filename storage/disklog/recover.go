package disklog

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// recovery brings a log to the state that was acknowledged: the newest
// snapshot that can be read, and the journal after it. It uses the committer's
// own code, before the committer's goroutine exists.
type recovery struct {
	*committer
	flusher *flusher

	from snapshotInfo
	// expected is, for the shard logs of the snapshot, the offset of the next
	// record that only the journal has; nil once the replay has come to the
	// snapshot's LSN.
	expected map[*shard]storage.Offset
	// flushed is, by the index of a shard log, the offset below which the
	// snapshot has no use for records: they are in extents or trimmed. Most
	// records of a replay are such, so this is kept apart from the shard logs,
	// close together.
	flushed  map[storage.StreamID][]storage.Offset
	replayed int64 // bytes of entries
}

// errUnknownMachine is no damage, but a program that was given other machines
// than the one that wrote the folder.
var errUnknownMachine = errors.New("no such machine")

func newRecovery(l *Log) *recovery {
	return &recovery{
		committer: &committer{Log: l, spares: spares{limit: l.opts.MemoryBytes / 16}},
		flusher: &flusher{
			Log:     l,
			writers: make(map[extent.Class]*extentWriter),
			files:   make(map[uint64]*extentFile),
			moves:   moves{unreadable: make(map[extentPlace]bool)},
		},
	}
}

// run recovers. With created the journal is made.
func (r *recovery) run(created bool) error {
	if err := r.loadSnapshot(); err != nil {
		return err
	}
	j, err := journal.Open(r.journalOptions(created), r.from.replayFrom, r.frame)
	if err != nil {
		return err
	}
	r.journal, r.buf = j, j.NewBuffer()
	if err := r.reached(j.End()); err != nil {
		return err
	}
	r.end.Store(uint64(j.End()))
	r.looked = j.End()
	r.evict()
	return r.adoptFiles()
}

// loadSnapshot restores the newest snapshot that can be read. When there is
// none, the journal has to begin at its beginning.
func (r *recovery) loadSnapshot() error {
	lsns, err := listSnapshots(r.Log)
	if err != nil {
		return err
	}
	for i, lsn := range slices.Backward(lsns) {
		name := path.Join(r.metaDir(), snapshotName(lsn))
		s, err := readSnapshot(r.opts.FS, name)
		var corrupt *storage.CorruptError
		if errors.As(err, &corrupt) {
			// The journal still has what came after the one before.
			r.opts.Logger.Error("a snapshot cannot be read", "err", err)
			continue
		}
		if err != nil {
			return err
		}
		if s.lsn != lsn || s.instance != r.instance {
			return &storage.CorruptError{File: name, Reason: "the snapshot belongs to another place"}
		}
		for _, older := range lsns[:i] {
			// Which journal the older one needs is not known without reading
			// it; none is given back before two newer ones exist.
			r.flusher.snapshots = append(r.flusher.snapshots, snapshotInfo{lsn: older})
		}
		r.flusher.snapshots = append(r.flusher.snapshots, s.snapshotInfo)
		return r.restore(name, s)
	}
	return nil
}

// listSnapshots returns the LSNs of the snapshots on disk, in order.
func listSnapshots(l *Log) ([]journal.LSN, error) {
	names, err := l.opts.FS.List(l.metaDir())
	if err != nil {
		return nil, err
	}
	var lsns []journal.LSN
	for _, name := range names {
		if lsn, ok := parseSnapshotName(name); ok {
			lsns = append(lsns, lsn)
		}
	}
	slices.Sort(lsns)
	return lsns, nil
}

// restore makes s, from the named file, the state that the journal is replayed
// onto.
func (r *recovery) restore(name string, s *loadedSnapshot) error {
	r.from = s.snapshotInfo
	r.flusher.nextFile = s.nextFile
	for machine, state := range s.machines {
		m := r.machines[machine]
		if m == nil {
			return fmt.Errorf("%w: the snapshot has the state of %q", errUnknownMachine, machine)
		}
		if err := m.Restore(bytes.NewReader(state)); err != nil {
			return fmt.Errorf("restore machine %q: %w", machine, err)
		}
	}
	r.expected = make(map[*shard]storage.Offset, len(s.shards))
	r.flushed = flushedOffsets(s.shards)
	for i := range s.shards {
		st := &s.shards[i]
		sh := r.table.openLocked(st.key)
		r.table.streams[st.key.Stream].class = st.class
		sh.closed, sh.first, sh.lastMillis = st.closed, st.first, st.lastMillis
		sh.next = st.flushed // the journal has the rest
		for _, m := range st.extents {
			if n := len(sh.extents); n > 0 && m.First != sh.extents[n-1].Last+1 || n == 0 && m.First > st.first {
				return &storage.CorruptError{File: name, Reason: fmt.Sprintf("offsets before extent %v are in none", m)}
			}
			sh.extents = append(sh.extents, m)
		}
		if n := len(sh.extents); n > 0 && sh.extents[n-1].Last+1 != st.flushed || n == 0 && st.flushed != st.first {
			return &storage.CorruptError{File: name, Reason: fmt.Sprintf("offsets of shard log %v up to %d are in no extent", st.key, st.flushed)}
		}
		r.expected[sh] = st.next
	}
	return nil
}

// flushedOffsets returns what recovery.flushed is for the shard logs of a
// snapshot. One that is not among them was deleted before it, with every
// record.
func flushedOffsets(shards []shardState) map[storage.StreamID][]storage.Offset {
	flushed := make(map[storage.StreamID][]storage.Offset)
	for i := range shards {
		key := shards[i].key
		of := flushed[key.Stream]
		for int64(len(of)) <= int64(key.Shard) {
			of = append(of, math.MaxUint64)
		}
		of[key.Shard] = shards[i].flushed
		flushed[key.Stream] = of
	}
	return flushed
}

// unwanted reports whether the record, which is in the journal below the
// snapshot's LSN, is one that the snapshot has no use for.
func (r *recovery) unwanted(key storage.ShardKey, offset storage.Offset) bool {
	of := r.flushed[key.Stream]
	return int64(key.Shard) >= int64(len(of)) || offset < of[key.Shard]
}

// frame replays one frame. Of those below the snapshot's LSN only the records
// matter that no extent holds.
func (r *recovery) frame(f journal.Frame) error {
	if f.Start >= r.from.lsn {
		if err := r.reached(f.Start); err != nil {
			return err
		}
	}
	r.replayed += int64(len(f.Payload))
	for rest := f.Payload; len(rest) > 0; {
		at := f.FileOffset + int64(len(f.Payload)-len(rest))
		kind, body, next, err := entry.Next(rest)
		if err == nil {
			err = r.entry(f.Start, kind, body)
		}
		if errors.Is(err, errUnknownMachine) {
			return err
		}
		if err != nil {
			return &storage.CorruptError{File: f.File, Offset: at, Reason: err.Error()}
		}
		rest = next
	}
	return nil
}

// reached checks, when the replay has come to the snapshot's LSN, that the
// journal had every record which the snapshot counts on.
func (r *recovery) reached(lsn journal.LSN) error {
	if lsn < r.from.lsn {
		return &storage.CorruptError{
			File:   r.journalDir(),
			Reason: fmt.Sprintf("the journal ends at %d, before the snapshot at %d", lsn, r.from.lsn),
		}
	}
	for s, next := range r.expected {
		if s.next != next {
			return &storage.CorruptError{
				File:   r.journalDir(),
				Reason: fmt.Sprintf("shard log %v ends at offset %d, and at %d in the snapshot", s.key, s.next, next),
			}
		}
	}
	r.expected, r.flushed = nil, nil
	return nil
}

// entry replays one entry of the frame at lsn.
func (r *recovery) entry(lsn journal.LSN, kind entry.Kind, body []byte) error {
	if kind == entry.Record {
		return r.record(lsn, body)
	}
	if lsn < r.from.lsn {
		return nil
	}
	switch kind {
	case entry.Command:
		name, command, err := entry.CommandBody(body)
		if err != nil {
			return err
		}
		m := r.machines[name]
		if m == nil {
			return fmt.Errorf("%w: a command is for %q", errUnknownMachine, name)
		}
		r.apply(m, command)
		r.commandsApplied.Store(true)
	case entry.Trim:
		key, first, err := entry.TrimBody(body)
		if err != nil {
			return err
		}
		r.trimShard(trim{key, first})
	case entry.Extent:
		m, _, err := extent.DecodeMeta(body)
		if err != nil {
			return err
		}
		r.flusher.nextFile = max(r.flusher.nextFile, m.File+1)
		if s := r.table.get(m.Key); s != nil && m.Last >= s.first {
			if reason := s.unfitLocked(m); reason != "" {
				return fmt.Errorf("extent %v: %s", m, reason)
			}
		}
		r.adopt(m)
		r.evict()
	case entry.Replacement:
		m, _, err := extent.DecodeMeta(body)
		if err != nil {
			return err
		}
		r.flusher.nextFile = max(r.flusher.nextFile, m.File+1)
		if s := r.table.get(m.Key); s != nil && m.Last >= s.first {
			if _, _, reason := s.replacedLocked(m); reason != "" {
				return fmt.Errorf("extent %v: %s", m, reason)
			}
		}
		r.replace(m)
	case entry.Checkpoint:
		_, err := entry.CheckpointBody(body)
		return err
	default:
		return fmt.Errorf("unknown %v", kind)
	}
	return nil
}

// record replays one record. Nobody else has the log yet, so shard logs are
// changed without their locks, which would cost a small record more than all
// the rest.
func (r *recovery) record(lsn journal.LSN, body []byte) error {
	key, offset, form, err := entry.RecordBody(body)
	if err != nil {
		return err
	}
	if lsn < r.from.lsn && r.unwanted(key, offset) {
		return nil
	}
	var rec storage.Record
	if n, err := entry.DecodeRecord(form, &rec); err != nil || n != len(form) {
		return entry.ErrMalformed
	}
	s := r.table.get(key)
	if s == nil {
		return fmt.Errorf("record of shard log %v, which does not exist", key)
	}
	if offset != s.next {
		return fmt.Errorf("record %d of shard log %v follows on %d", offset, key, s.next)
	}
	r.add(s, form, &rec)
	r.showLocked(r.fresh[0], lsn)
	r.fresh = r.fresh[:0]
	return nil
}
