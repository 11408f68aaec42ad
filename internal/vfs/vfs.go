// Package vfs is the file system as a log needs it: positioned reads and
// writes, syncs of files and of folders, locks and holes. The real one is OS;
// package errfs fails chosen calls, and Crash is a file system in memory that
// loses what was not synced.
package vfs

import (
	"errors"
	"io"
)

// Errors that the methods of an FS and its Files wrap.
var (
	// ErrNoSpace says that the volume, or this process's quota on it, is full.
	ErrNoSpace = errors.New("no space left on the volume")
	// ErrLocked says that another process holds the lock.
	ErrLocked = errors.New("locked by another process")
)

// FS is a file system. Names are slash-separated paths as the implementation
// takes them. All methods may be called concurrently. Errors match those of
// package io/fs (fs.ErrNotExist and so on) under errors.Is; a full disk
// matches ErrNoSpace.
type FS interface {
	// Create makes the file, empty, or empties it. The name is durable only
	// after SyncDir of its folder.
	Create(name string, mode Mode) (File, error)
	// Open opens an existing file for reading and writing.
	Open(name string, mode Mode) (File, error)
	// Remove unlinks the file; durable only after SyncDir.
	Remove(name string) error
	// Rename replaces newName by oldName's file; durable only after SyncDir.
	Rename(oldName, newName string) error
	// MkdirAll makes the folder and its parents, durably.
	MkdirAll(dir string) error
	// List returns the base names in the folder, sorted.
	List(dir string) ([]string, error)
	// SyncDir makes creations, renames and removals in the folder durable.
	SyncDir(dir string) error
	// Lock takes the exclusive lock that the file name stands for, and makes
	// the file when it does not exist. The lock ends with Close or with the
	// process. It fails with ErrLocked when another process holds it.
	Lock(name string) (io.Closer, error)
	// Space returns the bytes that are free for this process on the volume of
	// the folder, and the size of the volume.
	Space(dir string) (free, total int64, err error)
}

// Describer is what an FS may be besides.
type Describer interface {
	// Describe returns the name of the file system that the folder is on, such
	// as "ext4" and "" where it is not known, and whether that keeps everything
	// in memory alone, so that a sync is over at once and makes nothing durable.
	Describe(dir string) (name string, inMemory bool)
}

// Mode says how a file is going to be used.
type Mode int

const (
	// Buffered goes through the operating system's cache.
	Buffered Mode = iota
	// Direct bypasses that cache where the system can. Where it cannot, the
	// file is as if Buffered; File.Alignment tells.
	Direct
)

// Alignment that satisfies every direct file: offsets, lengths and the address
// of buffers are multiples of it.
const Alignment = 4096

// File is an open file. Reads and writes of different regions may be
// concurrent.
type File interface {
	io.ReaderAt // a short read gives io.EOF, as always
	io.WriterAt
	io.Closer
	// Sync makes the content, and as much of the size as is needed to read it
	// back, durable (fdatasync).
	Sync() error
	// Size returns the file's length.
	Size() (int64, error)
	// Truncate sets the file's length.
	Truncate(size int64) error
	// Punch gives the bytes of the region back to the volume where the file
	// system can do that; they then read as zeros. It reports whether it did.
	Punch(offset, length int64) (bool, error)
	// Alignment is 1 for a buffered file and Alignment for a direct one.
	Alignment() int
}
