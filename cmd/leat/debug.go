package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
)

// newDebug returns leat debug, which prints what the files of a data folder
// hold, also while a server has it.
func newDebug() *cobra.Command {
	return group("debug", "Print what a file of a data folder holds",
		newDump("journal", "Print a journal segment: its frames, and the entries in them", "0000000000000001.j", disklog.DumpJournal),
		newDump("extent", "Print an extent file: its extents, every block verified", "0000000000000001.x", disklog.DumpExtent),
		newDump("snapshot", "Print a snapshot: the state of machines and shard logs", "snap-0000000000001000.m", disklog.DumpSnapshot))
}

// newDump returns a command that prints one kind of file.
func newDump(kind, short, example string, dump func(vfs.FS, io.Writer, string) error) *cobra.Command {
	return &cobra.Command{
		Use:   kind + " FILE",
		Short: short,
		Long: short + `.

Data is opened with the code that the server uses, and nothing is changed. What
is damaged is printed as such, and makes the exit code 5.`,
		Example: "  leat debug " + kind + " " + example,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("there is no file %s", args[0])
			}
			out := bufio.NewWriter(cmd.OutOrStdout())
			err := errors.Join(dump(vfs.OS{}, out, args[0]), out.Flush())
			var damaged *storage.CorruptError
			if errors.As(err, &damaged) {
				return exitError{err, exitDamaged}
			}
			return err
		},
	}
}
