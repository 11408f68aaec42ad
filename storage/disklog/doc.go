// Package disklog is the embedded engine: a storage.Log in a folder.
//
// Every append, trim and command goes through one group-committed journal; the
// records not yet flushed are in memory as well, from where most reads are
// served; a background flush moves them into immutable extents and gives the
// journal's segments back. DESIGN.md in this folder describes the whole,
// docs/formats/ the files.
//
// What was acknowledged survives kill -9 and power loss. A failed write or
// sync stops the log for good. Stored bytes that are not what was written are
// an error where they are met, never an empty or shortened log.
//
// This package's API may change.
package disklog
