package kclmetrics_test

import (
	"context"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/kclmetrics"
)

// printer stands for a *cloudwatch.Client.
type printer struct{}

func (printer) PutMetricData(_ context.Context, in *cloudwatch.PutMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error) {
	for _, d := range in.MetricData {
		fmt.Println(*in.Namespace, *d.MetricName, *d.StatisticValues.Sum, d.Unit)
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

// A worker is given the sink with consumer.WithMetrics(sink).
func Example() {
	sink := kclmetrics.New(printer{}, "my-application")
	err := sink.PutMetrics(context.Background(), []consumer.Metric{
		{Name: "RecordsProcessed", Unit: "Count", SampleCount: 2, Sum: 30, Minimum: 10, Maximum: 20},
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: my-application RecordsProcessed 30 Count
}
