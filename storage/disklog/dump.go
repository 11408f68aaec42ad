package disklog

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/entry"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// DumpJournal prints a journal segment: a line for each frame, and below it,
// indented, one for each of its entries. Commands are printed as they are,
// which is JSON for leat's own; of records, whose content is the user's, only
// what is needed to find them. Problems are lines too. The error is that of
// reading the file, or the first problem.
func DumpJournal(fsys vfs.FS, w io.Writer, file string) error {
	var first error
	err := journal.Inspect(fsys, file, func(f journal.Frame, problem error) bool {
		if problem != nil {
			dumpProblem(w, f.FileOffset, problem)
			if corrupt := new(storage.CorruptError); first == nil && errors.As(problem, &corrupt) {
				first = problem
			}
			return true
		}
		fmt.Fprintf(w, "frame %d-%d at byte %d, %s, synced %d, %d entries%s\n",
			f.Start, f.End, f.FileOffset, dumpTime(f.TimeMillis), f.Synced, f.Entries, dumpFlags(f.Flags))
		for rest := f.Payload; len(rest) > 0; {
			kind, body, next, err := entry.Next(rest)
			if err == nil {
				err = dumpEntry(w, kind, body)
			}
			if err != nil {
				fmt.Fprintf(w, "  problem: %v\n", err)
				first = errors.Join(first, fmt.Errorf("%s: frame %d: %w", file, f.Start, err))
				break
			}
			rest = next
		}
		return true
	})
	return errors.Join(err, first)
}

// dumpProblem prints what is wrong at the byte, or where the problem itself
// says.
func dumpProblem(w io.Writer, at int64, problem error) {
	if corrupt := new(storage.CorruptError); errors.As(problem, &corrupt) {
		fmt.Fprintf(w, "problem at byte %d: %s\n", corrupt.Offset, corrupt.Reason)
		return
	}
	fmt.Fprintf(w, "problem at byte %d: %v\n", at, problem)
}

// dumpEntry prints one entry.
func dumpEntry(w io.Writer, kind entry.Kind, body []byte) error {
	switch kind {
	case entry.Record:
		key, offset, form, err := entry.RecordBody(body)
		var r storage.Record
		if err == nil {
			_, err = entry.DecodeRecord(form, &r)
		}
		if err != nil {
			return err
		}
		if r.KeyVersion != 0 {
			fmt.Fprintf(w, "  record shard %v offset %d, %s, sealed with key version %d, %d bytes\n",
				key, offset, dumpTime(r.ArrivalMillis), r.KeyVersion, len(r.Data))
			break
		}
		fmt.Fprintf(w, "  record shard %v offset %d, %s, key %q, %d bytes\n",
			key, offset, dumpTime(r.ArrivalMillis), r.PartitionKey, len(r.Data))
	case entry.Command:
		machine, command, err := entry.CommandBody(body)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  command %s %s\n", machine, dumpText(command))
	case entry.Trim:
		key, first, err := entry.TrimBody(body)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  trim shard %v to offset %d\n", key, first)
	case entry.Extent:
		m, _, err := extent.DecodeMeta(body)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  extent %v\n", m)
	case entry.Replacement:
		m, _, err := extent.DecodeMeta(body)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  replacement extent %v\n", m)
	case entry.Checkpoint:
		lsn, err := entry.CheckpointBody(body)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  checkpoint of the snapshot at %d\n", lsn)
	default:
		return fmt.Errorf("unknown %v", kind)
	}
	return nil
}

// DumpExtent prints an extent file: a line for each extent, and one for each
// problem. Every block is verified. The error is that of reading the file, or
// the first problem.
func DumpExtent(fsys vfs.FS, w io.Writer, file string) error {
	var first error
	err := extent.Inspect(fsys, file, true, func(m extent.Meta, problem error) bool {
		switch {
		case errors.Is(problem, extent.ErrPunched):
			fmt.Fprintf(w, "%v, punched\n", m)
		case problem != nil:
			if m.Length > 0 { // otherwise the problem is no extent's
				fmt.Fprintf(w, "%v, ", m)
			}
			dumpProblem(w, m.Pos, problem)
			if first == nil {
				first = problem
			}
		default:
			fmt.Fprintf(w, "%v\n", m)
		}
		return true
	})
	return errors.Join(err, first)
}

// DumpSnapshot prints a snapshot: a line for itself, one for the state of each
// machine, and one for each shard log with its extents below.
func DumpSnapshot(fsys vfs.FS, w io.Writer, file string) error {
	s, err := readSnapshot(fsys, file)
	if err != nil {
		return fmt.Errorf("dump %s: %w", path.Base(file), err)
	}
	fmt.Fprintf(w, "snapshot at %d, records from %d, %s, next extent file %08x\n",
		s.lsn, s.replayFrom, dumpTime(s.timeMillis), s.nextFile)
	for name, state := range s.machines {
		fmt.Fprintf(w, "machine %s %s\n", name, dumpText(state))
	}
	for _, sh := range s.shards {
		state := "open"
		if sh.closed {
			state = "closed"
		}
		fmt.Fprintf(w, "shard %v %s, offsets %d-%d, in extents below %d, newest %s, class %v\n",
			sh.key, state, sh.first, sh.next, sh.flushed, dumpTime(sh.lastMillis), sh.class)
		for _, m := range sh.extents {
			fmt.Fprintf(w, "  extent %v\n", m)
		}
	}
	return nil
}

// dumpTime formats Unix milliseconds.
func dumpTime(millis int64) string {
	return time.UnixMilli(millis).UTC().Format("2006-01-02T15:04:05.000Z")
}

// dumpFlags names what is set.
func dumpFlags(flags uint32) string {
	var names []string
	for _, f := range []struct {
		bit  uint32
		name string
	}{
		{journal.FlagCommands, "commands"}, {journal.FlagLast, "last of the segment"},
		{journal.FlagCompressed, "compressed"}, {journal.FlagEncrypted, "encrypted"},
	} {
		if flags&f.bit != 0 {
			names = append(names, ", "+f.name)
		}
	}
	return strings.Join(names, "")
}

// dumpText returns bytes that are text as they are, others quoted.
func dumpText(b []byte) string {
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return fmt.Sprintf("%q", b)
		}
	}
	return string(b)
}
