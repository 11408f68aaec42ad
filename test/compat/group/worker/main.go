// Command worker is a worker in Go that says what Worker.java says: worker STREAM
// APPLICATION.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/internal/sdkhttp"
)

func main() {
	if err := work(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func work(ctx context.Context, stream, application string) error {
	cfg, err := config.LoadDefaultConfig(ctx, func(o *config.LoadOptions) error {
		o.HTTPClient = sdkhttp.Wrap(awshttp.NewBuildableClient())
		return nil
	})
	if err != nil {
		return err
	}
	w, err := consumer.New(
		kinesis.NewFromConfig(cfg),
		dynamolease.New(dynamodb.NewFromConfig(cfg), application),
		func(s consumer.ShardInfo) consumer.Processor { return processor(s.ShardID) },
		consumer.Stream(stream),
		consumer.FailoverTime(5*time.Second), // as Worker.java has it
		consumer.ParentPollInterval(time.Second),
		consumer.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
	)
	if err != nil {
		return err
	}
	return w.Run(ctx)
}
