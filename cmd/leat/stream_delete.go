package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/spf13/cobra"
)

func newStreamDelete() *cobra.Command {
	var o changeOptions
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a stream and all its records",
		Args:  arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			_, err = client.DeleteStream(cmd.Context(), &kinesis.DeleteStreamInput{StreamName: &args[0]})
			if err != nil {
				return fmt.Errorf("delete %s: %w", args[0], err)
			}
			return o.settle(cmd.Context(), client, args[0], true)
		},
	}
	o.addTo(cmd)
	return cmd
}
