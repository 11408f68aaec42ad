package producer_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/leattest"
	"github.com/leat-io/leat/producer"
)

// The smallest producer. With config.LoadDefaultConfig in place of leattest it
// puts into AWS, or into whatever AWS_ENDPOINT_URL names.
func Example() {
	srv, err := leattest.Start(leattest.Stream("orders", 4))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	ctx, cfg := context.Background(), srv.AWSConfig()

	p, err := producer.New(kinesis.NewFromConfig(cfg), "orders")
	if err != nil {
		log.Fatal(err)
	}
	for i := range 1000 {
		record := producer.Record{PartitionKey: fmt.Sprint("customer-", i%10), Data: []byte("two apples")}
		err := p.Enqueue(ctx, record, func(r producer.Result) {
			if r.Err != nil {
				log.Print("lost: ", r.Err)
			}
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(p.Close(ctx), p.Stats().UserRecordsPut)
	// Output: <nil> 1000
}

// Results in the order of the records, for who must note how far their source
// has been read.
func ExampleProducer_PutAsync() {
	srv, err := leattest.Start(leattest.Stream("orders", 4))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	ctx, cfg := context.Background(), srv.AWSConfig()

	p, err := producer.New(kinesis.NewFromConfig(cfg), "orders")
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close(ctx)
	var futures []*producer.Future
	for _, line := range []string{"two apples", "a pear", "five plums"} {
		f, err := p.PutAsync(ctx, producer.Record{PartitionKey: line, Data: []byte(line)})
		if err != nil {
			log.Fatal(err)
		}
		futures = append(futures, f)
	}
	for i, f := range futures {
		if _, err := f.Wait(ctx); err != nil {
			log.Fatal(err) // what came before is stored
		}
		fmt.Println(i+1, "stored")
	}
	// Output:
	// 1 stored
	// 2 stored
	// 3 stored
}
