package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// newTail returns leat tail: print the records of all shards of a stream, and
// those that are still to come.
func newTail() *cobra.Command {
	var o struct {
		clientOptions
		from     string
		json     bool
		noFollow bool
		limit    int
	}
	cmd := &cobra.Command{
		Use:   "tail STREAM",
		Short: "Print the records of a stream, and go on as more are put",
		Long: `Print the records of all shards of a stream, and go on as more are put.

Records of one shard are printed in order, and children of a split or merge
after their parents. A server that does not answer is asked again until it
does, and reading goes on where it was.

--from says where to begin:
  trim-horizon   the oldest record there is (the default)
  latest         records put from now on
  TIME           records that arrived at or after 2006-01-02T15:04:05Z, a Unix
                 time in seconds, or some time ago, such as 15m
  SEQUENCE       the record with this sequence number, and in other shards those
                 that arrived at its time or later

Each record's data is printed with a line feed, or with --json as one object:
  {"shard_id":"shardId-000000000000","sequence_number":"4957...","partition_key":"k",
   "arrival":"2006-01-02T15:04:05.000Z","data":"..."}
Data that is not UTF-8 is in data_base64 instead of data.`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := parseFrom(o.from)
			if err != nil {
				return err
			}
			if o.limit < 0 {
				return usagef("--limit %d is negative", o.limit)
			}
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			t := &tailer{
				api: client, stream: args[0], from: from, noFollow: o.noFollow,
				out: newPrinter(cmd.OutOrStdout(), o.json, o.limit), words: cmd.ErrOrStderr(),
			}
			err = t.run(cmd.Context())
			if errors.Is(err, errLimit) || errors.Is(err, context.Canceled) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("tail %s: %w", args[0], err)
			}
			return nil
		},
	}
	o.addTo(cmd)
	cmd.Flags().StringVar(&o.from, "from", "trim-horizon", "trim-horizon, latest, a time or a sequence number")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line")
	cmd.Flags().BoolVar(&o.noFollow, "no-follow", false, "end when everything that is there has been printed")
	cmd.Flags().IntVar(&o.limit, "limit", 0, "end after this many records; 0 is no limit")
	return cmd
}
