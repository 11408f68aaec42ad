// Command producer puts with package producer what Producer.java puts with the
// KPL: producer STREAM PREFIX COUNT. It says "half" when half of the records are
// stored, and "all" when all are.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/producer"
)

// keys is how many partition keys there are, as in Producer.java.
const keys = 50

func main() {
	count, err := strconv.Atoi(os.Args[3])
	if err == nil {
		err = put(context.Background(), os.Args[1], os.Args[2], count)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "producer:", err)
		os.Exit(1)
	}
}

func put(ctx context.Context, stream, prefix string, count int) error {
	cfg, err := config.LoadDefaultConfig(ctx, func(o *config.LoadOptions) error {
		o.HTTPClient = sdkhttp.Wrap(awshttp.NewBuildableClient())
		return nil
	})
	if err != nil {
		return err
	}
	p, err := producer.New(kinesis.NewFromConfig(cfg), stream, producer.InOrder())
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	var stored atomic.Int64
	done := func(r producer.Result) {
		if r.Err != nil {
			stop(r.Err)
		} else if stored.Add(1) == int64(count/2) {
			fmt.Println("half")
		}
	}
	for n := range count {
		r := producer.Record{PartitionKey: prefix + strconv.Itoa(n%keys), Data: []byte(strconv.Itoa(n))}
		if err := p.Enqueue(ctx, r, done); err != nil {
			return cause(ctx, err)
		}
	}
	if err := p.Close(ctx); err != nil {
		return cause(ctx, err)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	fmt.Println("all")
	return nil
}

// cause returns why ctx was cancelled, and err if it was not.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}
