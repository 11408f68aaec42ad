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
	ctx := context.Background()

	p, err := producer.New(kinesis.NewFromConfig(srv.AWSConfig()), "orders")
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
