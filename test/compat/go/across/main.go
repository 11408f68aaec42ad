// Puts one record of every byte into the stream that its argument names, and
// prints the sequence number.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"leat.compat/kit"
)

func main() {
	ctx := context.Background()
	client := kinesis.NewFromConfig(kit.Must(config.LoadDefaultConfig(ctx)), func(o *kinesis.Options) {
		o.HTTPClient = kit.PlainBodies(o.HTTPClient)
	})
	out := kit.Must(client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String(os.Args[1]), Data: kit.Blob(), PartitionKey: aws.String("schlüssel"),
	}))
	fmt.Println(*out.SequenceNumber)
}
