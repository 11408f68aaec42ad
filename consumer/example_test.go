package consumer_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/memlease"
	"github.com/leat-io/leat/leattest"
)

// start starts a server with a stream and a record in it.
func start() *leattest.Server {
	srv, err := leattest.Start(leattest.Stream("orders", 1))
	if err != nil {
		log.Fatal(err)
	}
	put(srv, "customer-7", "two apples")
	return srv
}

func put(srv *leattest.Server, key, data string) {
	_, err := kinesis.NewFromConfig(srv.AWSConfig()).PutRecord(context.Background(), &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: &key, Data: []byte(data),
	})
	if err != nil {
		log.Fatal(err)
	}
}

// The smallest consumer. With config.LoadDefaultConfig in place of leattest it
// reads from AWS, or from whatever AWS_ENDPOINT_URL names.
func Example() {
	srv := start()
	defer srv.Close()
	ctx, stop := context.WithCancel(context.Background())

	cfg := srv.AWSConfig()
	leases := dynamolease.New(dynamodb.NewFromConfig(cfg), "my-application")
	process := func(ctx context.Context, b *consumer.Batch) error {
		for _, r := range b.Records {
			fmt.Printf("%s: %s\n", r.PartitionKey, r.Data)
		}
		stop() // for the example's sake; a service goes on until it is told
		return nil
	}
	w, err := consumer.New(kinesis.NewFromConfig(cfg), leases, consumer.Func(process), consumer.Stream("orders"))
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: customer-7: two apples
}

// counter counts the records of a shard, and checkpoints now and then.
type counter struct {
	records int
	last    time.Time
	done    func()
}

func (c *counter) Initialize(_ context.Context, s consumer.ShardInfo) error {
	fmt.Println("from", s.Checkpoint)
	return nil
}

func (c *counter) ProcessRecords(ctx context.Context, b *consumer.Batch) error {
	c.records += len(b.Records)
	c.done()
	if time.Since(c.last) < time.Minute {
		return nil
	}
	c.last = time.Now()
	return b.Checkpointer.Checkpoint(ctx)
}

func (c *counter) LeaseLost(context.Context) { fmt.Println(c.records, "records") }

func (c *counter) ShardEnded(context.Context, *consumer.Checkpointer) error { return nil }

func (c *counter) ShutdownRequested(ctx context.Context, k *consumer.Checkpointer) error {
	return k.Checkpoint(ctx)
}

// A processor of one's own decides when to checkpoint. The leases here are in
// memory, for a process that is the whole application.
func ExampleProcessor() {
	srv := start()
	defer srv.Close()
	ctx, stop := context.WithCancel(context.Background())
	w, err := consumer.New(kinesis.NewFromConfig(srv.AWSConfig()), memlease.New(),
		func(consumer.ShardInfo) consumer.Processor { return &counter{done: stop} },
		consumer.Stream("orders"), consumer.IdleTime(100*time.Millisecond))
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// from TRIM_HORIZON
	// 1 records
}

// Records are pushed as soon as they are stored, to a consumer of the stream that
// is registered when there is none.
func ExampleEnhancedFanOut() {
	srv := start()
	defer srv.Close()
	ctx, stop := context.WithCancel(context.Background())
	w, err := consumer.New(kinesis.NewFromConfig(srv.AWSConfig()), memlease.New(),
		consumer.Func(func(_ context.Context, b *consumer.Batch) error {
			for _, r := range b.Records {
				fmt.Printf("%s: %s\n", r.PartitionKey, r.Data)
			}
			stop()
			return nil
		}), consumer.Stream("orders"), consumer.EnhancedFanOut("my-application"))
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: customer-7: two apples
}

// The streams are those that a catalogue of one's own names, and may come and go.
func ExampleStreamsFrom() {
	srv := start()
	defer srv.Close()
	ctx, stop := context.WithCancel(context.Background())
	list := func(context.Context) ([]consumer.StreamID, error) {
		return []consumer.StreamID{{Account: "000000000000", Name: "orders", Epoch: 1700000000}}, nil
	}
	w, err := consumer.New(kinesis.NewFromConfig(srv.AWSConfig()), memlease.New(),
		consumer.Func(func(_ context.Context, b *consumer.Batch) error {
			for _, r := range b.Records {
				fmt.Printf("%s: %s\n", b.Shard.StreamID, r.Data)
			}
			stop()
			return nil
		}), consumer.StreamsFrom(list), consumer.ForgetStreams(24*time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: 000000000000:orders:1700000000: two apples
}
