package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/spf13/cobra"
)

func newStreamCreate() *cobra.Command {
	var o changeOptions
	var shards int32
	cmd := &cobra.Command{
		Use:     "create NAME",
		Short:   "Create a stream",
		Example: "  leat stream create orders --shards 4",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			_, err = client.CreateStream(cmd.Context(), &kinesis.CreateStreamInput{StreamName: &args[0], ShardCount: &shards})
			if err != nil {
				return fmt.Errorf("create %s: %w", args[0], err)
			}
			return o.settle(cmd.Context(), client, args[0], false)
		},
	}
	o.addTo(cmd)
	cmd.Flags().Int32Var(&shards, "shards", 1, "number of shards")
	return cmd
}
