package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"
)

// listedStream is the documented shape of a line of leat stream list --json.
type listedStream struct {
	Name    string `json:"name"`
	ARN     string `json:"arn"`
	Status  string `json:"status"`
	Mode    string `json:"mode"`
	Created string `json:"created,omitempty"`
}

func newStreamList() *cobra.Command {
	var o clientOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the streams of the account and region",
		Args:  arguments(0, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := o.client(cmd.Context())
			if err != nil {
				return err
			}
			encode := json.NewEncoder(cmd.OutOrStdout())
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			in := &kinesis.ListStreamsInput{}
			for {
				out, err := client.ListStreams(cmd.Context(), in)
				if err != nil {
					return fmt.Errorf("list streams: %w", err)
				}
				for _, s := range out.StreamSummaries {
					if asJSON {
						err = encode.Encode(listed(s))
					} else {
						_, err = fmt.Fprintf(table, "%s\t%s\n", text(s.StreamName), s.StreamStatus)
					}
					if err != nil {
						return err
					}
				}
				if out.NextToken == nil {
					return table.Flush()
				}
				in = &kinesis.ListStreamsInput{NextToken: out.NextToken}
			}
		},
	}
	o.addTo(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func listed(s types.StreamSummary) listedStream {
	l := listedStream{Name: text(s.StreamName), ARN: text(s.StreamARN), Status: string(s.StreamStatus)}
	if s.StreamModeDetails != nil {
		l.Mode = string(s.StreamModeDetails.StreamMode)
	}
	if s.StreamCreationTimestamp != nil {
		l.Created = s.StreamCreationTimestamp.UTC().Format(timeLayout)
	}
	return l
}
