// Command worker is a worker in Go that says what Worker.java says: worker STREAM
// APPLICATION RETRIEVAL NAME, where RETRIEVAL is polling or fanout. SIGTERM has it
// shut down in good order.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
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
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := work(ctx, os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func work(ctx context.Context, stream, application, retrieval, name string) error {
	cfg, err := config.LoadDefaultConfig(ctx, func(o *config.LoadOptions) error {
		o.HTTPClient = sdkhttp.Wrap(awshttp.NewBuildableClient())
		return nil
	})
	if err != nil {
		return err
	}
	options := []consumer.Option{
		consumer.Stream(stream),
		consumer.WorkerID(name),
		consumer.FailoverTime(5 * time.Second), // as Worker.java has it
		consumer.ParentPollInterval(time.Second),
		consumer.CPUUtilization(nil), // all workers share one machine
		consumer.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
	}
	if retrieval == "fanout" {
		options = append(options, consumer.EnhancedFanOut(application)) // as the KCL names it
	}
	w, err := consumer.New(
		kinesis.NewFromConfig(cfg),
		dynamolease.New(dynamodb.NewFromConfig(cfg), application),
		func(s consumer.ShardInfo) consumer.Processor {
			return &processor{worker: name, shard: s.ShardID, checkpointed: time.Now()}
		},
		options...,
	)
	if err != nil {
		return err
	}
	return w.Run(ctx)
}
