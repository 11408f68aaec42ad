package disklog

import (
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// snapshotInfo names a snapshot on disk.
type snapshotInfo struct {
	// lsn is where replaying commands, trims and manifest entries begins.
	lsn journal.LSN
	// replayFrom is at or before lsn: the oldest record that no extent of the
	// snapshot holds is there.
	replayFrom journal.LSN
}

// snapshotState is everything that the journal below an LSN has led to, except
// for records that no extent holds.
type snapshotState struct {
	snapshotInfo
	instance   [16]byte
	timeMillis int64
	nextFile   uint64
	machines   []machineState
	shards     []shardState
}

// machineState is what a machine's Snapshot gave.
type machineState struct {
	name  string
	write func(io.Writer) error
}

// shardState is one shard log in a snapshot.
type shardState struct {
	key                  storage.ShardKey
	class                extent.Class
	closed               bool
	first, flushed, next storage.Offset
	lastMillis           int64
	extents              []extent.Meta // shared with the shard, never changed
}

// quickStartBytes of journal are replayed in a few milliseconds; Close takes
// no snapshot for less.
const quickStartBytes = 1 << 20

// last returns the newest snapshot, a zero one when there is none.
func (f *flusher) last() snapshotInfo {
	if len(f.snapshots) == 0 {
		return snapshotInfo{}
	}
	return f.snapshots[len(f.snapshots)-1]
}

// snapshotDue reports whether enough was written since the last snapshot, or a
// command has been outside of one for long.
func (f *flusher) snapshotDue() bool {
	overdue := f.overdue && f.commandsApplied.Load()
	f.overdue = false
	// A large manifest is written less often, so that it never takes more than
	// an eighth of what is written for records.
	return overdue || f.sinceSnapshot() > max(f.opts.SnapshotBytes, 8*f.stats.snapshotBytes.Load())
}

// snapshotUseful reports whether a snapshot makes the next start quicker.
func (f *flusher) snapshotUseful() bool { return f.sinceSnapshot() > quickStartBytes }

func (f *flusher) sinceSnapshot() int64 { return int64(f.end.Load()) - int64(f.last().lsn) }

// snapshot writes one, and gives up what it replaces: the snapshot before the
// previous one, and the journal that neither of the two left needs. The
// previous one stays usable in case the new one cannot be read back.
func (f *flusher) snapshot() error {
	var state *snapshotState
	if err := f.onCommitter(func() { state = f.captureState() }); err != nil {
		return err
	}
	state.nextFile = f.nextFile
	if err := f.writeSnapshot(state); err != nil {
		f.commandsApplied.Store(true)
		return fmt.Errorf("snapshot: %w", err)
	}
	f.snapshots = append(slices.DeleteFunc(f.snapshots, func(s snapshotInfo) bool { return s.lsn == state.lsn }), state.snapshotInfo)
	t := newTicket(ofCheckpoint, 32)
	t.lsn = uint64(state.lsn)
	err := f.submitOwn(t)
	t.free()
	if err != nil {
		return err
	}
	return f.dropSnapshots()
}

// captureState copies what has to be in a snapshot. It runs on the committer,
// when everything below the journal's end is durable and published.
func (l *Log) captureState() *snapshotState {
	end := l.journal.End()
	state := &snapshotState{
		snapshotInfo: snapshotInfo{lsn: end, replayFrom: end},
		instance:     l.instance,
		timeMillis:   l.opts.Clock.Now().UnixMilli(),
	}
	for _, name := range l.machineNames() {
		state.machines = append(state.machines, machineState{name, l.machines[name].Snapshot()})
	}
	for _, s := range l.table.all() {
		s.mu.Lock()
		state.shards = append(state.shards, shardState{
			key: s.key, class: l.table.streams[s.key.Stream].class, closed: s.closed,
			first: s.first, flushed: s.flushedLocked(), next: s.next,
			lastMillis: s.lastMillis, extents: s.extents,
		})
		if c := s.tail.unflushed(); len(c) > 0 {
			state.replayFrom = min(state.replayFrom, c[0].lsn)
		}
		s.mu.Unlock()
	}
	l.commandsApplied.Store(false)
	return state
}

// machineNames returns the names of the machines in a fixed order.
func (l *Log) machineNames() []string {
	names := make([]string, 0, len(l.machines))
	for name := range l.machines {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// snapshotTemp is the name of a snapshot that is being written.
const snapshotTemp = "snap.tmp"

// snapshotName returns the base name of the snapshot at lsn.
func snapshotName(lsn journal.LSN) string { return fmt.Sprintf("snap-%016x.m", uint64(lsn)) }

// parseSnapshotName is the reverse of snapshotName.
func parseSnapshotName(base string) (journal.LSN, bool) {
	var lsn uint64
	if _, err := fmt.Sscanf(base, "snap-%016x.m", &lsn); err != nil {
		return 0, false
	}
	return journal.LSN(lsn), snapshotName(journal.LSN(lsn)) == base
}

// writeSnapshot makes the snapshot durable under its name.
func (f *flusher) writeSnapshot(state *snapshotState) error {
	temp := path.Join(f.metaDir(), snapshotTemp)
	file, err := f.opts.FS.Create(temp, vfs.Buffered)
	if err != nil {
		return err
	}
	w := newSnapshotWriter(file, state)
	err = w.write(state)
	if err == nil {
		err = file.Sync()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = f.opts.FS.Rename(temp, path.Join(f.metaDir(), snapshotName(state.lsn)))
	}
	if err == nil {
		err = f.opts.FS.SyncDir(f.metaDir())
	}
	if err == nil {
		f.stats.snapshots.Add(1)
		f.stats.snapshotBytes.Store(w.pos)
	}
	return err
}

// dropSnapshots removes all but the two newest and lets the journal go that
// only those needed.
func (f *flusher) dropSnapshots() error {
	for len(f.snapshots) > 2 {
		name := path.Join(f.metaDir(), snapshotName(f.snapshots[0].lsn))
		if err := f.opts.FS.Remove(name); err != nil {
			return fmt.Errorf("drop a snapshot: %w", err)
		}
		f.snapshots = f.snapshots[1:]
	}
	if len(f.snapshots) < 2 {
		return nil
	}
	below := min(f.snapshots[0].replayFrom, f.snapshots[1].replayFrom)
	return f.onCommitter(func() {
		// When this fails, old files remain until the next start; that is no
		// reason to stop.
		if err := f.journal.Release(below); err != nil {
			f.opts.Logger.Warn("journal segments are not given back", "dir", f.dir, "err", err)
		}
	})
}

// onCommitter runs a function on the committer's goroutine, when everything
// before it is durable and published.
func (f *flusher) onCommitter(call func()) error {
	t := newTicket(ofCall, 0)
	defer t.free()
	t.call = call
	return f.submitOwn(t)
}
