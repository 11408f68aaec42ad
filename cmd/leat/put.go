package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// putOptions are the flags of leat put.
type putOptions struct {
	clientOptions
	key    string
	file   string
	follow bool
}

// newPut returns leat put: one value given as an argument, or every line of a
// file or of standard input, as one record each.
func newPut() *cobra.Command {
	var o putOptions
	cmd := &cobra.Command{
		Use:   "put STREAM [VALUE]",
		Short: "Put a value, or every line of a file or of standard input",
		Long: `Put a value, or every line of a file or of standard input, as one record each.

Without --key every record gets a random partition key: records spread evenly
over the shards, and are in order within each. With --key all go to one shard,
in the order of the lines. When the server does not answer, or refuses some
records of a request, those are sent again, so a record may be stored twice.`,
		Example: `  leat put logs "hello"
  leat put logs --file /var/log/syslog --follow
  seq 1000 | leat put numbers --key mine`,
		Args: arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 2 && (o.file != "" || o.follow):
				return usagef("a VALUE and --file or --follow exclude each other")
			case o.follow && (o.file == "" || o.file == "-"):
				return usagef("--follow needs --file; standard input is read to its end anyway")
			}
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			if len(args) == 2 {
				return o.putValue(cmd, client, args[0], args[1])
			}
			return o.putLines(cmd, client, args[0])
		},
	}
	o.addTo(cmd)
	cmd.Flags().StringVar(&o.key, "key", "", "partition key of every record; a random one for each when empty")
	cmd.Flags().StringVar(&o.file, "file", "", "read lines from this file; - or nothing is standard input")
	cmd.Flags().BoolVar(&o.follow, "follow", false, "keep reading as lines are added to the file, also when it is rotated or truncated")
	return cmd
}

// putValue puts one record and prints where it went: shard and sequence
// number, separated by a tab.
func (o *putOptions) putValue(cmd *cobra.Command, client *kinesis.Client, stream, value string) error {
	out, err := client.PutRecord(cmd.Context(), &kinesis.PutRecordInput{
		StreamName: &stream, PartitionKey: aws.String(o.partitionKey()), Data: []byte(value),
	})
	if err != nil {
		return fmt.Errorf("put to %s: %w", stream, err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\n", *out.ShardId, *out.SequenceNumber)
	return err
}

// putLines puts every line of the file or of standard input. One goroutine
// reads lines, one gathers them into batches while the request before is under
// way, and this one sends; nothing but one line, two batches and the answers
// to them is in memory.
func (o *putOptions) putLines(cmd *cobra.Command, client *kinesis.Client, stream string) error {
	progress := newProgress(cmd.ErrOrStderr(), stream)
	s := &sender{api: client, stream: stream, progress: progress, words: cmd.ErrOrStderr(), patient: o.follow}
	if err := checkStream(cmd.Context(), client, stream); err != nil {
		return fmt.Errorf("put to %s: %w", stream, err)
	}
	g, ctx := errgroup.WithContext(cmd.Context())
	in, err := o.open(ctx, cmd.InOrStdin(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	lines, batches := make(chan []byte), make(chan *batch)
	read := make(chan error, 1)
	// Not part of the group: a read of a terminal or a pipe cannot be
	// interrupted, and ends with the process at the latest.
	go func() {
		defer close(lines)
		defer in.Close()
		read <- readLines(ctx, in, lines)
	}()
	g.Go(func() error {
		defer close(batches)
		return gather(ctx, lines, batches, o.partitionKey)
	})
	g.Go(func() error {
		for b := range batches {
			if err := s.send(ctx, b); err != nil {
				return fmt.Errorf("put to %s: %w", stream, err)
			}
		}
		return nil
	})
	err = g.Wait()
	if err == nil {
		err = <-read
	}
	progress.finish()
	if o.follow && errors.Is(err, context.Canceled) {
		return nil // stopped by the person who started it
	}
	return err
}

// checkStream lets a wrong stream name or endpoint be reported at once, not
// when the first line comes. Who may put need not be allowed to describe.
func checkStream(ctx context.Context, client *kinesis.Client, stream string) error {
	_, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
	var apiErr smithy.APIError
	if errors.As(err, &apiErr) && apiErr.ErrorCode() == "AccessDeniedException" {
		return nil
	}
	return err
}

// open opens what the lines are read from.
func (o *putOptions) open(ctx context.Context, stdin io.Reader, words io.Writer) (io.ReadCloser, error) {
	switch {
	case o.file == "" || o.file == "-":
		if isTerminal(stdin) {
			fmt.Fprintln(words, "every line you type becomes a record; Ctrl-D ends")
		}
		return io.NopCloser(stdin), nil
	case o.follow:
		return followFile(ctx, o.file), nil
	}
	return os.Open(o.file)
}

// partitionKey returns the key for the next record.
func (o *putOptions) partitionKey() string {
	if o.key != "" {
		return o.key
	}
	return fmt.Sprintf("%016x", rand.Uint64())
}
