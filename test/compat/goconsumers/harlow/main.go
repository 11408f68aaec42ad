// Reads a stream with kinesis-consumer, its checkpoints in a table of DynamoDB,
// until it is told to end:
//
//	harlow STREAM APPLICATION
//
// It says what it does on standard output: see kcl/kit.py.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/dynamodb"
	"github.com/aws/aws-sdk-go/service/kinesis"
	consumer "github.com/harlow/kinesis-consumer"
	"github.com/harlow/kinesis-consumer/store/ddb"
)

func main() {
	stream, application := os.Args[1], os.Args[2]
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := run(ctx, stream, application); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, stream, application string) error {
	// The SDK of its time knows no variable for the endpoint.
	process, err := session.NewSession(&aws.Config{Endpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL"))})
	if err != nil {
		return err
	}
	store, err := ddb.New(application, application, ddb.WithDynamoClient(dynamodb.New(process)), ddb.WithMaxInterval(time.Second))
	if err != nil {
		return err
	}
	c, err := consumer.New(stream,
		consumer.WithClient(kinesis.New(process)), consumer.WithStore(store),
		consumer.WithShardIteratorType(kinesis.ShardIteratorTypeTrimHorizon),
		consumer.WithLogger(logger{}),
		consumer.WithShardClosedHandler(func(_, shard string) error {
			fmt.Printf("end %s\n", shard)
			return nil
		}))
	if err != nil {
		return err
	}
	err = c.Scan(ctx, func(r *consumer.Record) error {
		fmt.Printf("record %s %s 0 %s %s\n", r.ShardID, *r.SequenceNumber, *r.PartitionKey, r.Data)
		return nil
	})
	if err != nil {
		return err
	}
	return store.Shutdown()
}

// logger logs what the consumer has to say on standard error.
type logger struct{}

func (logger) Log(words ...any) { log.Print(words...) }
