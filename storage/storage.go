// Package storage is the seam between what leat does and where it keeps it: a
// Log of shard logs and one ordered command log.
//
// A shard log holds the records of one shard. Its records have offsets 0, 1, 2
// and so on in the order they were appended, and arrival times that never
// decrease. The command log holds every durable change of definitions, and
// replays them into the [Machine]s that the engine was opened with; there is
// no other database.
//
// Engines live in the sub-packages (disklog, memlog) and all pass the suite of
// package storagetest. This package's API may change.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/leat-io/leat/stream"
)

// StreamID numbers a stream for the life of a log. The catalog hands them out
// and never reuses one, so a stream deleted and created again under the same
// name is a new StreamID.
type StreamID uint32

// ShardKey names a shard log: the stream, and the shard's index in it, which
// is the number in the shard's public id.
type ShardKey struct {
	Stream StreamID
	Shard  uint32
}

// String returns the form used in logs and by leat debug, such as "7/3".
func (k ShardKey) String() string { return fmt.Sprintf("%d/%d", k.Stream, k.Shard) }

// Offset is the ordinal of a record in its shard log, from 0. Offsets never
// leave storage and the services; on the wire they are sequence numbers.
type Offset uint64

// Record is one record of a shard log.
type Record struct {
	// Shard is the index of the shard that the record goes to or came from.
	Shard uint32
	// ExplicitHashKey is set when HasExplicitHashKey is.
	HasExplicitHashKey bool
	ExplicitHashKey    stream.HashKey
	// PartitionKey is UTF-8; Data is the caller's bytes as they were.
	PartitionKey []byte
	Data         []byte
	// KeyVersion is the caller's: which key the record was sealed with before
	// it came here, 0 when it is plain. To an engine it means nothing.
	KeyVersion uint32
	// Offset and ArrivalMillis are assigned by Append. Arrival is in Unix
	// milliseconds on the engine's clock and never decreases within a shard.
	Offset        Offset
	ArrivalMillis int64
}

// Batch is what one Append writes: records of one stream, in the order in
// which they are to be stored.
type Batch struct {
	Stream  StreamID
	Records []Record
}

// Bounds describes what a shard log holds at one moment.
type Bounds struct {
	// First is the lowest offset that has not been trimmed.
	First Offset
	// Next is the offset that the next appended record will have. The log is
	// empty when First == Next.
	Next Offset
	// LastMillis is the arrival time of the newest record ever appended, 0
	// when there was none.
	LastMillis int64
	// Closed says that nothing will be appended any more.
	Closed bool
}

// ReadRequest says what to read from a shard log.
type ReadRequest struct {
	Key ShardKey
	// From is the first offset wanted. A lower offset than Bounds.First reads
	// from there; Bounds.Next or a higher one reads nothing.
	From Offset
	// NotBeforeMillis skips records that arrived earlier. It is how retention
	// is exact although trimming is lazy.
	NotBeforeMillis int64
	// MaxRecords and MaxBytes end the read. Bytes count data and partition
	// keys. One record is returned, whatever its size, when there is one.
	MaxRecords int
	MaxBytes   int
}

// ReadResult is what a Read found. It may be reused for another Read, which
// then keeps the capacity of Records.
type ReadResult struct {
	// Records are consecutive, the first of them being the first readable one
	// at or after ReadRequest.From. Their PartitionKey and Data are views of
	// memory that nobody changes; they stay valid as long as they are held,
	// and keep the engine's chunk alive that long.
	Records []Record
	// Next is the offset to continue from.
	Next Offset
	// NextMillis is the arrival time of the record at Next, 0 when there is
	// none yet: the read reached the tip of the log.
	NextMillis int64
}

// Log is a set of shard logs and the command log that defines them.
//
// Visibility and durability. Unless the engine was opened with a weaker
// durability, nothing is readable, applied or acknowledged before it is
// durable, and what was acknowledged survives a crash of the process and of
// the machine.
//
// Order. Appends, commands and trims take effect one at a time in one order,
// the same for everybody and the same when replayed. A call that starts after
// another returned is ordered after it.
//
// Shard logs exist from the command whose Effects open them to the one whose
// Effects delete them.
//
// Errors. After a failed write or sync the log is stopped: every call gives an
// error that wraps ErrStopped. A damaged part gives a *CorruptError on the
// reads that touch it and on no others.
//
// All methods may be called concurrently.
type Log interface {
	// Append adds the batch's records to their shard logs and sets Offset and
	// ArrivalMillis of each. Records of one shard are stored in the order of
	// the batch, and next to each other unless another batch intervenes.
	//
	// The batch is stored whole or refused whole: when any of its shards is
	// closed the error wraps ErrClosed, when any does not exist ErrNotFound,
	// and nothing is stored. ErrFull means that there is no room. On any other
	// error a prefix may still turn up after a restart; the caller may retry,
	// and readers may then see a record twice.
	//
	// Append keeps no reference to the batch or its bytes after it returns.
	// ctx bounds the wait for a place in the queue, not the commit itself.
	Append(ctx context.Context, b *Batch) error

	// Read reads into res, replacing what it held. A position at the tip is
	// not an error: it gives no records. ErrNotFound when the shard log does
	// not exist.
	Read(ctx context.Context, req ReadRequest, res *ReadResult) error

	// Bounds returns what the shard log holds.
	Bounds(key ShardKey) (Bounds, error)

	// OffsetAt returns the offset of the first record that arrived at or
	// after the Unix time millis, or Bounds.Next when there is none.
	OffsetAt(ctx context.Context, key ShardKey, millis int64) (Offset, error)

	// Wait returns nil as soon as the shard log holds a record with offset
	// from or higher, or is closed. It returns ErrNotFound as soon as the
	// shard log does not exist, and ctx.Err() when ctx ends first.
	Wait(ctx context.Context, key ShardKey, from Offset) error

	// Trim gives up the records of the stream that arrived before the Unix
	// time beforeMillis. The engine may keep some of them for longer, but
	// never gives up others.
	Trim(ctx context.Context, id StreamID, beforeMillis int64) error

	// Propose appends a command to the command log, waits until it is durable
	// and applied to the named machine, and returns what Apply returned. The
	// log keeps no reference to the command's bytes after Propose returns.
	Propose(ctx context.Context, machine string, command []byte) (result any, err error)

	// Close stops the log once all accepted calls are answered. Calls made
	// after it give ErrStopped.
	Close() error
}

// Machine is a deterministic state machine over the command log: the same
// commands in the same order give the same state and the same results on every
// engine and at every replay. Time and randomness it needs travel in the
// commands.
//
// Apply, Snapshot and Restore are called by one goroutine of the engine, in
// log order; a machine that is also read by others locks for itself. None of
// them may call the log.
type Machine interface {
	// Apply carries out one command and returns what its proposer is told.
	// What it asks of shard logs it writes into effects, which take place
	// before any later Append. Commands come from the log: one that cannot be
	// decoded, or is of a version not known, is a panic, since to skip it
	// would make this state differ from the one that was acknowledged.
	Apply(command []byte, effects *Effects) (result any)

	// Snapshot returns quickly with a function that writes the state as it is
	// now, and that the engine calls once, on another goroutine and possibly
	// while later commands are applied.
	Snapshot() func(w io.Writer) error

	// Restore replaces the state by one that Snapshot's function wrote. It is
	// called at most once, before the first Apply.
	Restore(r io.Reader) error
}

// Effects are what a command does to shard logs.
type Effects struct {
	// Open creates empty shard logs. Close forbids further appends.
	Open  []ShardKey
	Close []ShardKey
	// Delete gives up single shard logs, DeleteStreams all those of a stream.
	Delete        []ShardKey
	DeleteStreams []StreamID
	// Retain says for how long the records of a stream are wanted. It is
	// advice about where to put them, never a reason to give one up.
	Retain []Retain
}

// Retain is one piece of advice in Effects.
type Retain struct {
	Stream StreamID
	Period time.Duration
}

// Errors that a Log's methods wrap.
var (
	ErrNotFound = errors.New("no such shard log")
	ErrClosed   = errors.New("shard log is closed")
	ErrFull     = errors.New("no room left")
	ErrStopped  = errors.New("log is stopped")
)

// CorruptError reports stored bytes that are not what was written. It is
// never returned for data that was not acknowledged.
type CorruptError struct {
	File   string // path of the damaged file
	Offset int64  // byte position in it
	Reason string // such as "block checksum mismatch"
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s: damaged at byte %d: %s", e.File, e.Offset, e.Reason)
}
