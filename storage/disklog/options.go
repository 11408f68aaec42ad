package disklog

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/internal/vfs"
)

// Options say how a log behaves. The zero value is ready to use: durable,
// with at most 256 MiB of records in memory.
type Options struct {
	// FS is the file system; nil is the machine's.
	FS vfs.FS
	// Clock gives arrival times and paces snapshots; nil is the machine's.
	Clock clock.Clock
	// Logger is told what an operator can act on; nil discards.
	Logger *slog.Logger

	// SyncInterval weakens durability when it is positive: appends are
	// acknowledged once written, and synced this often. A crash of the process
	// loses nothing, one of the machine what was appended since the last sync.
	// Commands and trims are synced all the same. Zero syncs every commit.
	SyncInterval time.Duration
	// Buffered turns direct I/O off where the file system has it.
	Buffered bool

	// MemoryBytes bounds the records in memory: those that no extent holds
	// yet, and behind them a cache of those that one does. Zero is 256 MiB, or
	// when that is less a quarter of what the process may have: of the machine's
	// memory, of its control group's, or of GOMEMLIMIT. Appends wait when the
	// flush cannot keep up with them. A sixteenth more is kept for reuse.
	MemoryBytes int64
	// CacheBytes bounds the cache of extent blocks; zero is 64 MiB, or
	// MemoryBytes when that is less.
	CacheBytes int64
	// SegmentBytes is the size of a journal segment; zero is 64 MiB. A batch
	// or command takes at most half a segment and at most 16 MiB.
	SegmentBytes int64
	// JournalBytes is how much journal records that no extent holds may pin
	// before they are flushed whatever their number; zero is 16 segments.
	JournalBytes int64
	// ExtentFileBytes is the size at which the next extent file is begun;
	// zero is 256 MiB.
	ExtentFileBytes int64
	// SnapshotBytes is how much journal is written between two snapshots; zero
	// is 64 MiB.
	SnapshotBytes int64
	// SnapshotInterval is how long a command stays outside a snapshot; zero is
	// 10 minutes.
	SnapshotInterval time.Duration

	// ScrubInterval is how often all extents are read and verified in the
	// background; zero is 7 days, negative never.
	ScrubInterval time.Duration

	// MinFreeBytes is the free space of the volume below which Append gives
	// ErrFull, until there is half as much again. Zero is 1 GiB or 5 % of the
	// volume, whichever is more, and at most half of it; negative is none.
	MinFreeBytes int64

	// foreground makes the order of file-system calls repeatable, for tests.
	foreground bool
	// care says when extents are moved; the zero value is ordinaryCare.
	care care
}

// Limits of what goes into one frame of the journal.
const (
	// maxFrameBytes is the largest payload of a frame.
	maxFrameBytes = 32 << 20
	// maxCommitBytes ends a commit, so that nobody waits long for others. A
	// single larger batch is a commit of its own.
	maxCommitBytes = 4 << 20
	// maxTicketBytes is the largest batch or command. It holds a full
	// PutRecords of 10 MiB with its overhead.
	maxTicketBytes = 16 << 20
	// maxPendingBytes bounds what waits for the committer.
	maxPendingBytes = 32 << 20
)

const (
	defaultMemoryBytes  = 256 << 20
	defaultCacheBytes   = 64 << 20
	defaultSegmentBytes = 64 << 20
	minSegmentBytes     = 64 << 10
)

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.OS{}
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MemoryBytes == 0 {
		o.MemoryBytes = min(defaultMemoryBytes, usableMemory()/4)
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = min(defaultCacheBytes, o.MemoryBytes)
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = defaultSegmentBytes
	}
	if o.JournalBytes == 0 {
		o.JournalBytes = 16 * o.SegmentBytes
	}
	if o.ExtentFileBytes == 0 {
		o.ExtentFileBytes = 256 << 20
	}
	if o.SnapshotBytes == 0 {
		o.SnapshotBytes = 64 << 20
	}
	if o.SnapshotInterval == 0 {
		o.SnapshotInterval = 10 * time.Minute
	}
	if o.ScrubInterval == 0 {
		o.ScrubInterval = 7 * 24 * time.Hour
	}
	if o.care == (care{}) {
		o.care = ordinaryCare
	}
	return o
}

// Validate reports everything that is wrong with the options.
func (o Options) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.SyncInterval < 0 {
		wrong("SyncInterval is %v, below 0", o.SyncInterval)
	}
	if o.SnapshotInterval < 0 {
		wrong("SnapshotInterval is %v, below 0", o.SnapshotInterval)
	}
	if o.SegmentBytes != 0 && o.SegmentBytes < minSegmentBytes || o.SegmentBytes%vfs.Alignment != 0 {
		wrong("SegmentBytes is %d, not a multiple of %d from %d", o.SegmentBytes, vfs.Alignment, minSegmentBytes)
	}
	for _, size := range []struct {
		name  string
		bytes int64
	}{
		{"MemoryBytes", o.MemoryBytes}, {"CacheBytes", o.CacheBytes}, {"JournalBytes", o.JournalBytes},
		{"ExtentFileBytes", o.ExtentFileBytes}, {"SnapshotBytes", o.SnapshotBytes},
	} {
		if size.bytes < 0 {
			wrong("%s is %d, below 0", size.name, size.bytes)
		}
	}
	return errors.Join(errs...)
}

// frameBytes is the largest payload of a frame: what Options promise for a
// batch, and not more than a segment holds beside its own header.
func (o Options) frameBytes() int64 { return min(maxFrameBytes, o.SegmentBytes-5*vfs.Alignment) }

// ticketBytes is the largest batch or command.
func (o Options) ticketBytes() int64 { return min(maxTicketBytes, o.SegmentBytes/2) }

// commitBytes ends a commit.
func (o Options) commitBytes() int { return int(min(maxCommitBytes, o.SegmentBytes/4)) }

// shardFlushBytes is how much of one shard is worth an extent of its own.
func (o Options) shardFlushBytes() int64 { return min(8<<20, o.MemoryBytes/8) }

// usableMemory returns how much memory the process may use: the machine's, what
// its control group has of that, or GOMEMLIMIT, whichever is least.
func usableMemory() int64 { return min(debug.SetMemoryLimit(-1), machineMemory()) }
