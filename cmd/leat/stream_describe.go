package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"
)

// timeLayout is how times are printed, in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

// describedStream is the documented shape of leat stream describe --json.
type describedStream struct {
	listedStream
	RetentionHours int32            `json:"retention_hours"`
	OpenShards     int32            `json:"open_shards"`
	Shards         []describedShard `json:"shards"`
}

type describedShard struct {
	ShardID                string `json:"shard_id"`
	ParentShardID          string `json:"parent_shard_id,omitempty"`
	AdjacentParentShardID  string `json:"adjacent_parent_shard_id,omitempty"`
	StartingHashKey        string `json:"starting_hash_key"`
	EndingHashKey          string `json:"ending_hash_key"`
	StartingSequenceNumber string `json:"starting_sequence_number"`
	EndingSequenceNumber   string `json:"ending_sequence_number,omitempty"` // of a closed shard
}

func newStreamDescribe() *cobra.Command {
	var o clientOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "describe NAME",
		Short: "Show a stream and its shards",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			out, err := client.DescribeStreamSummary(cmd.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &args[0]})
			if err != nil {
				return fmt.Errorf("describe %s: %w", args[0], err)
			}
			shards, err := listShards(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			d := described(out.StreamDescriptionSummary, shards)
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(d)
			}
			return d.print(cmd.OutOrStdout())
		},
	}
	o.addTo(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func described(s *types.StreamDescriptionSummary, shards []types.Shard) describedStream {
	d := describedStream{
		listedStream: listed(types.StreamSummary{
			StreamName: s.StreamName, StreamARN: s.StreamARN, StreamStatus: s.StreamStatus,
			StreamModeDetails: s.StreamModeDetails, StreamCreationTimestamp: s.StreamCreationTimestamp,
		}),
		Shards: make([]describedShard, 0, len(shards)),
	}
	if s.RetentionPeriodHours != nil {
		d.RetentionHours = *s.RetentionPeriodHours
	}
	if s.OpenShardCount != nil {
		d.OpenShards = *s.OpenShardCount
	}
	for _, shard := range shards {
		d.Shards = append(d.Shards, describedShard{
			ShardID:                text(shard.ShardId),
			ParentShardID:          text(shard.ParentShardId),
			AdjacentParentShardID:  text(shard.AdjacentParentShardId),
			StartingHashKey:        text(shard.HashKeyRange.StartingHashKey),
			EndingHashKey:          text(shard.HashKeyRange.EndingHashKey),
			StartingSequenceNumber: text(shard.SequenceNumberRange.StartingSequenceNumber),
			EndingSequenceNumber:   text(shard.SequenceNumberRange.EndingSequenceNumber),
		})
	}
	return d
}

// print writes the stream for people.
func (d describedStream) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"name", d.Name}, {"arn", d.ARN}, {"status", d.Status}, {"mode", d.Mode}, {"created", d.Created},
		{"retention", fmt.Sprintf("%d hours", d.RetentionHours)},
		{"open shards", fmt.Sprint(d.OpenShards)},
	} {
		fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nshard\tstate\tfrom hash key\tto hash key\tparents\n")
	for _, s := range d.Shards {
		state := "open"
		if s.EndingSequenceNumber != "" {
			state = "closed"
		}
		parents := s.ParentShardID
		if s.AdjacentParentShardID != "" {
			parents += " " + s.AdjacentParentShardID
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.ShardID, state, s.StartingHashKey, s.EndingHashKey, parents)
	}
	return w.Flush()
}
