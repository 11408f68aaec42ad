package leat

import "github.com/leat-io/leat/internal/vfs"

// On returns c with another file system below the data folder.
func (c Config) On(fs vfs.FS) Config {
	c.fs = fs
	return c
}
