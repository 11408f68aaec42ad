package kplmetrics_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/leattest"
	"github.com/leat-io/leat/producer"
	"github.com/leat-io/leat/producer/kplmetrics"
)

// A producer hands its last metrics out when it is closed, and CloudWatch, here
// that of leat, has them.
func Example() {
	srv, err := leattest.Start(leattest.Stream("orders", 1))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	ctx, cfg := context.Background(), srv.AWSConfig()
	metrics := cloudwatch.NewFromConfig(cfg)

	p, err := producer.New(kinesis.NewFromConfig(cfg), "orders", producer.WithMetrics(kplmetrics.New(metrics, "")))
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if err := p.Enqueue(ctx, producer.Record{PartitionKey: "customer-7", Data: []byte("two apples")}, nil); err != nil {
			log.Fatal(err)
		}
	}
	if err := p.Close(ctx); err != nil {
		log.Fatal(err)
	}

	put, err := metrics.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String(kplmetrics.DefaultNamespace), MetricName: aws.String(string(producer.UserRecordsPut)),
		Dimensions: []types.Dimension{{Name: aws.String("StreamName"), Value: aws.String("orders")}},
		StartTime:  aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Hour)), Period: aws.Int32(3600 * 2),
		Statistics: []types.Statistic{types.StatisticSum},
	})
	if err != nil {
		log.Fatal(err)
	}
	sum := 0.0
	for _, d := range put.Datapoints {
		sum += *d.Sum
	}
	fmt.Println(sum)
	// Output: 3
}
