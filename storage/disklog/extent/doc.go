// Package extent writes and reads the immutable files in which disklog keeps
// records once they have left the journal.
//
// An extent is one shard's run of consecutive records. Many extents, of many
// shards, share a file, each of them starting on a 4 KiB boundary, so that one
// sync covers the flush of a thousand shards and a hole can be punched exactly
// where the records of one shard have expired. What is where in a file is
// drawn in format.go and described in docs/formats/extent.md.
//
// A [Writer] makes one file. [Meta] is what the engine's manifest keeps of an
// extent, and all a [Store] needs to read it, or to verify it while it is at
// rest. [Inspect] walks a file without a manifest, for tools.
//
// No byte of a record is served unless the checksum of its block was verified
// in this process after it was read from the file (spec storage §7.1, I5).
//
// This package's API may change.
package extent
