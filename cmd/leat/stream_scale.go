package main

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"
)

func newStreamScale() *cobra.Command {
	var o changeOptions
	cmd := &cobra.Command{
		Use:     "scale NAME N",
		Short:   "Reshard a stream to N open shards of equal range",
		Example: "  leat stream scale orders 8",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.ParseInt(args[1], 10, 32)
			if err != nil || n < 1 {
				return usagef("%q is not a number of shards", args[1])
			}
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			_, err = client.UpdateShardCount(cmd.Context(), &kinesis.UpdateShardCountInput{
				StreamName: &args[0], TargetShardCount: aws.Int32(int32(n)), ScalingType: types.ScalingTypeUniformScaling,
			})
			if err != nil {
				return fmt.Errorf("scale %s to %d: %w", args[0], n, err)
			}
			return o.settle(cmd.Context(), client, args[0], false)
		},
	}
	o.addTo(cmd)
	return cmd
}
