// Command producer puts with package producer what Steered.java puts with the KPL:
// producer STREAM PREFIX COUNT RATE. It puts RATE records a second until standard
// input has ended and COUNT are put, and says then how many are stored.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/producer"
)

const (
	// keys is how many partition keys there are, as in Steered.java.
	keys = 50
	// tick is how often a part of a second's records is put.
	tick = 100 * time.Millisecond
)

func main() {
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		fail(err)
	}
	rate, err := strconv.Atoi(os.Args[4])
	if err != nil {
		fail(err)
	}
	if err := put(context.Background(), os.Args[1], os.Args[2], count, rate); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "producer:", err)
	os.Exit(1)
}

func put(ctx context.Context, stream, prefix string, count, rate int) error {
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
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, os.Stdin) // what it fails with ends it too
	}()
	ctx, stop := context.WithCancelCause(ctx)
	done := func(r producer.Result) {
		if r.Err != nil {
			stop(r.Err)
		}
	}
	n := 0
	for began := time.Now(); n < count || !isClosed(ended); time.Sleep(tick) {
		for due := int(time.Since(began).Seconds() * float64(rate)); n < due; n++ {
			r := producer.Record{PartitionKey: prefix + strconv.Itoa(n%keys), Data: []byte(strconv.Itoa(n))}
			if err := p.Enqueue(ctx, r, done); err != nil {
				return cause(ctx, err)
			}
		}
	}
	if err := p.Close(ctx); err != nil {
		return cause(ctx, err)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	fmt.Println("stored", n)
	return nil
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// cause returns why ctx was cancelled, and err if it was not.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}
