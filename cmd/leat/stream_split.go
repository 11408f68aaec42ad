package main

import (
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"
)

func newStreamSplit() *cobra.Command {
	var o changeOptions
	var at string
	cmd := &cobra.Command{
		Use:     "split NAME SHARD",
		Short:   "Split a shard in two, in the middle of its hash key range",
		Example: "  leat stream split orders shardId-000000000000\n  leat stream split orders 0",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			shards, err := listShards(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			shard, err := findShard(shards, args[0], args[1])
			if err != nil {
				return err
			}
			key := at
			if key == "" {
				if key, err = middle(shard.HashKeyRange); err != nil {
					return fmt.Errorf("split %s %s: %w", args[0], args[1], err)
				}
			}
			_, err = client.SplitShard(cmd.Context(), &kinesis.SplitShardInput{
				StreamName: &args[0], ShardToSplit: shard.ShardId, NewStartingHashKey: aws.String(key),
			})
			if err != nil {
				return fmt.Errorf("split %s %s: %w", args[0], args[1], err)
			}
			return o.settle(cmd.Context(), client, args[0], false)
		},
	}
	o.addTo(cmd)
	cmd.Flags().StringVar(&at, "at", "", "hash key with which the second child begins; the middle when empty")
	return cmd
}

// middle returns the hash key that halves the range.
func middle(r *types.HashKeyRange) (string, error) {
	start, ok1 := new(big.Int).SetString(text(r.StartingHashKey), 10)
	end, ok2 := new(big.Int).SetString(text(r.EndingHashKey), 10)
	if !ok1 || !ok2 {
		return "", fmt.Errorf("the server gave a hash key range that is none: %s to %s", text(r.StartingHashKey), text(r.EndingHashKey))
	}
	sum := start.Add(start, end)
	return sum.Add(sum, big.NewInt(1)).Rsh(sum, 1).String(), nil
}
