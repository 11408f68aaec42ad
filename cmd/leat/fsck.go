package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/storage/disklog"
)

// fsckReport is the documented shape of leat fsck --json.
type fsckReport struct {
	Problems    []fsckProblem `json:"problems"`
	Segments    int           `json:"segments"`
	Snapshots   int           `json:"snapshots"`
	ExtentFiles int           `json:"extent_files"`
	Extents     int           `json:"extents"`
	ShardLogs   int           `json:"shard_logs"`
}

type fsckProblem struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"`
	Reason string `json:"reason"`
	Fatal  bool   `json:"fatal"` // the server refuses to start
}

// newFsck returns leat fsck: verify a data folder while no server has it.
func newFsck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "fsck FOLDER",
		Short: "Verify a data folder",
		Long: `Verify everything in a data folder, with the code that the server opens it with.
Nothing is changed, also where something is damaged: the files named are to be
put back from a copy. The server that has the folder must be stopped.

Exit codes: 0 nothing is wrong, 1 the folder cannot be examined, 4 a server has
it, 5 something is damaged.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("fsck: there is no folder %s", args[0])
			}
			found, err := leat.Fsck(args[0], nil)
			switch {
			case errors.Is(err, disklog.ErrLocked):
				return exitError{fmt.Errorf("%w: stop the server first", err), exitInUse}
			case err != nil:
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(reportOf(found))
			} else {
				for _, p := range found.Problems {
					fmt.Fprintln(cmd.OutOrStdout(), p)
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "verified %d shard logs: %d snapshots, %d journal segments (%s), %d extents (%s) in %d files\n",
					found.ShardLogs, found.Snapshots, found.Segments, sizeText(found.JournalBytes),
					found.Extents, sizeText(found.ExtentBytes), found.ExtentFiles)
			}
			if err == nil && len(found.Problems) > 0 {
				err = exitError{fmt.Errorf("fsck %s: %s", args[0], verdict(found)), exitDamaged}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func reportOf(found *disklog.FsckReport) fsckReport {
	r := fsckReport{
		Problems: []fsckProblem{}, Segments: found.Segments, Snapshots: found.Snapshots,
		ExtentFiles: found.ExtentFiles, Extents: found.Extents, ShardLogs: found.ShardLogs,
	}
	for _, p := range found.Problems {
		r.Problems = append(r.Problems, fsckProblem{p.File, p.Offset, p.Reason, p.Fatal})
	}
	return r
}

// verdict says what the problems mean for whoever has the folder.
func verdict(found *disklog.FsckReport) string {
	problems, fatal := "1 problem", 0
	if n := len(found.Problems); n > 1 {
		problems = fmt.Sprintf("%d problems", n)
	}
	for _, p := range found.Problems {
		if p.Fatal {
			fatal++
		}
	}
	switch {
	case fatal == 0:
		return problems + "; the server starts, and reads that touch what is damaged fail until the files named are put back from a copy"
	case fatal == len(found.Problems):
		return problems + ", and the server does not start; put the files named back from a copy"
	}
	return fmt.Sprintf("%s, and the server does not start because of %d; put the files named back from a copy", problems, fatal)
}
