package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/spf13/cobra"
)

func newStreamMerge() *cobra.Command {
	var o changeOptions
	cmd := &cobra.Command{
		Use:     "merge NAME SHARD SHARD",
		Short:   "Merge two shards whose hash key ranges are next to each other",
		Example: "  leat stream merge orders 1 2",
		Args:    arguments(3, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			shards, err := listShards(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			first, err := findShard(shards, args[0], args[1])
			if err != nil {
				return err
			}
			second, err := findShard(shards, args[0], args[2])
			if err != nil {
				return err
			}
			_, err = client.MergeShards(cmd.Context(), &kinesis.MergeShardsInput{
				StreamName: &args[0], ShardToMerge: first.ShardId, AdjacentShardToMerge: second.ShardId,
			})
			if err != nil {
				return fmt.Errorf("merge %s %s %s: %w", args[0], args[1], args[2], err)
			}
			return o.settle(cmd.Context(), client, args[0], false)
		},
	}
	o.addTo(cmd)
	return cmd
}
