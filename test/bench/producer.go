//go:build linux

package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/internal/sdkhttp"
	"github.com/leat-io/leat/producer"
)

// benchProducer measures package producer with the SDK's client against a
// server: what a user record of 100 bytes costs the process that puts it, from
// Enqueue to its result. The server is a process of its own and does not count.
func benchProducer(ctx context.Context, c config) error {
	const shards = 8
	fmt.Printf("\n## Producer, user records of 100 B, %d shards\n\n", shards)
	fmt.Println("| | user records/s | client CPU per user record | user records in a Kinesis record | Kinesis records in a request | failed |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, v := range []struct {
		name    string
		options []producer.Option
	}{
		{"aggregated", nil},
		{"aggregated, in order", []producer.Option{producer.InOrder()}},
		{"not aggregated", []producer.Option{producer.AggregationEnabled(false)}},
	} {
		p, err := startLeat(c, filepath.Join(c.dir, "producer"), nil, "--durability", "memory")
		if err != nil {
			return err
		}
		row, err := runProducer(ctx, p.addr, shards, c.phase, v.options)
		p.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		fmt.Printf("| %s | %s |\n", v.name, row)
	}
	return nil
}

// runProducer enqueues as fast as it is let for the length of a phase, and
// returns the row of the table.
func runProducer(ctx context.Context, addr string, shards int, phase time.Duration, options []producer.Option) (string, error) {
	if err := createStream(addr, shards); err != nil {
		return "", err
	}
	client := kinesis.New(kinesis.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + addr),
		HTTPClient:  sdkhttp.Wrap(&http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }),
	})
	// The rate of a shard is AWS's concern.
	p, err := producer.New(client, stream, append(options, producer.RateLimit(1_000_000))...)
	if err != nil {
		return "", err
	}
	records := make([]producer.Record, 10_000)
	for i := range records {
		records[i] = producer.Record{PartitionKey: fmt.Sprintf("customer-%07d", i), Data: make([]byte, 100)}
	}
	var failed atomic.Int64
	done := func(r producer.Result) {
		if r.Err != nil {
			failed.Add(1)
		}
	}
	began, cpu := time.Now(), selfCPU()
	for i := 0; i%1000 != 0 || time.Since(began) < phase; i++ {
		if err := p.Enqueue(ctx, records[i%len(records)], done); err != nil {
			return "", err
		}
	}
	if err := p.Close(ctx); err != nil {
		return "", err
	}
	took, used, s := time.Since(began), selfCPU()-cpu, p.Stats()
	return fmt.Sprintf("%.0f | %.2f µs | %.0f | %.0f | %d",
		float64(s.UserRecordsPut)/took.Seconds(), float64(used.Nanoseconds())/1e3/float64(s.UserRecordsPut),
		float64(s.UserRecordsPut)/float64(s.KinesisRecordsPut), float64(s.KinesisRecordsPut)/float64(s.Requests), failed.Load()), nil
}
