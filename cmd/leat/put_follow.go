package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// followEvery is how often a followed file is looked at for more.
const followEvery = 200 * time.Millisecond

// follower reads a file as it grows, like tail -F: it waits at the end, starts
// over when the file is truncated, and goes on with the new file when another
// takes over the name. It reads from the beginning of the file it first finds,
// and waits for one when there is none.
type follower struct {
	ctx  context.Context // the life of the command that reads
	path string
	file *os.File // nil while there is none
	at   int64    // how far file was read
	// midLine says that the last byte read was not a line feed. A file that is
	// replaced or truncated then leaves half a line, which gets its end here.
	midLine bool
}

// followFile returns a reader of path that ends with ctx's error.
func followFile(ctx context.Context, path string) io.ReadCloser {
	return &follower{ctx: ctx, path: path}
}

// Read returns at least one byte, or an error.
func (f *follower) Read(p []byte) (int, error) {
	for {
		if f.file != nil {
			n, err := f.file.Read(p)
			if n > 0 {
				f.at += int64(n)
				f.midLine = p[n-1] != '\n'
				return n, nil
			}
			if err != nil && err != io.EOF {
				return 0, err
			}
		}
		moved, err := f.advance()
		if err != nil {
			return 0, err
		}
		if moved && f.midLine {
			f.midLine = false
			p[0] = '\n'
			return 1, nil
		}
		if moved {
			continue
		}
		select {
		case <-f.ctx.Done():
			return 0, f.ctx.Err()
		case <-time.After(followEvery):
		}
	}
}

// advance is called at the end of the file. It reports whether reading goes on
// elsewhere: from the start of the same file after a truncation, or in the file
// that has the name now. A file that is gone is kept until another has come,
// since its writer may still have it open.
func (f *follower) advance() (bool, error) {
	named, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("follow: %w", err)
	}
	if f.file != nil {
		open, err := f.file.Stat()
		if err != nil {
			return false, fmt.Errorf("follow: %w", err)
		}
		if os.SameFile(open, named) {
			return f.restart(open.Size())
		}
		if open.Size() > f.at {
			return false, nil // written between the last read and the rename
		}
	}
	next, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // renamed just now
	}
	if err != nil {
		return false, fmt.Errorf("follow: %w", err)
	}
	f.Close()
	f.file, f.at = next, 0
	return true, nil
}

// restart goes back to the start of a file that became shorter than what was
// read of it.
func (f *follower) restart(size int64) (bool, error) {
	if size >= f.at {
		return false, nil
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return false, fmt.Errorf("follow: %w", err)
	}
	f.at = 0
	return true, nil
}

// Close closes the file that is being read.
func (f *follower) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
