package main

import (
	"cmp"
	"log/slog"
	"os"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/spf13/cobra"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/kclmetrics"
	"github.com/leat-io/leat/consumer/multilang"
	"github.com/leat-io/leat/internal/sdkhttp"
)

func newMultilang() *cobra.Command {
	var o multilangOptions
	cmd := &cobra.Command{
		Use:   "multilang --properties-file FILE",
		Short: "Run record processors written for the KCL's MultiLangDaemon",
		Long: `Runs record processors in Python, Node or any other language that were written for
the KCL's MultiLangDaemon, without Java: one process for each shard. FILE is the
daemon's. Leases are kept in DynamoDB, in the KCL's table, so that workers of the
Java KCL can take part.

Where Kinesis and DynamoDB are: kinesisEndpoint and dynamoDBEndpoint in FILE, else
--endpoint and what else leat's commands look at, for both.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	o.addTo(cmd)
	cmd.Flags().StringVar(&o.file, "properties-file", "", "the properties of the application")
	return cmd
}

// multilangOptions are the flags of leat multilang.
type multilangOptions struct {
	clientOptions
	file string
}

// run runs the worker until the command is interrupted.
func (o *multilangOptions) run(cmd *cobra.Command) error {
	if o.file == "" {
		return usagef("%s needs --properties-file", cmd.CommandPath())
	}
	properties, err := multilang.Load(o.file)
	if err != nil {
		return err
	}
	s, err := properties.Settings()
	if err != nil {
		return usageError{err}
	}
	w, err := o.worker(cmd, s)
	if err != nil {
		return err
	}
	return w.Run(cmd.Context())
}

// worker returns the worker that the settings describe.
func (o *multilangOptions) worker(cmd *cobra.Command, s multilang.Settings) (*consumer.Worker, error) {
	o.endpoint = cmp.Or(s.KinesisEndpoint, o.endpoint)
	o.region = cmp.Or(s.Region, o.region)
	endpoint, err := o.resolve()
	if err != nil {
		return nil, err
	}
	cfg, err := o.config(cmd.Context(), endpoint)
	if err != nil {
		return nil, err
	}
	// A subscription takes minutes, so the worker bounds its calls by itself.
	cfg.HTTPClient = sdkhttp.Wrap(awshttp.NewBuildableClient())
	client := kinesis.NewFromConfig(cfg, func(k *kinesis.Options) { k.BaseEndpoint = &endpoint })
	elsewhere := func(property, variable string) *string {
		if e := cmp.Or(property, os.Getenv(variable)); e != "" {
			return &e
		}
		if isAWS(endpoint) {
			return nil // where AWS has it
		}
		return &endpoint // of a server that has them all
	}
	tables := dynamodb.NewFromConfig(cfg, func(d *dynamodb.Options) {
		d.BaseEndpoint = cmp.Or(elsewhere(s.DynamoDBEndpoint, "AWS_ENDPOINT_URL_DYNAMODB"), d.BaseEndpoint)
		d.Region = cmp.Or(s.DynamoDBRegion, d.Region)
	})
	metrics := cloudwatch.NewFromConfig(cfg, func(c *cloudwatch.Options) {
		c.BaseEndpoint = cmp.Or(elsewhere(s.CloudWatchEndpoint, "AWS_ENDPOINT_URL_CLOUDWATCH"), c.BaseEndpoint)
		c.Region = cmp.Or(s.CloudWatchRegion, c.Region)
	})
	logger := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	s.Command.Logger = logger
	options := append(s.Options, consumer.WithLogger(logger))
	if s.MetricsLevel != "NONE" {
		options = append(options, consumer.WithMetrics(kclmetrics.New(metrics, s.Application)))
	}
	leases := dynamolease.New(tables, s.Application, dynamolease.TableName(s.Table), dynamolease.LegacyTableNames(s.CoordinatorStateTable, s.WorkerStatsTable))
	w, err := consumer.New(client, leases, s.Command.Factory(), options...)
	if err != nil {
		return nil, usageError{err} // a property that no worker takes
	}
	return w, nil
}
