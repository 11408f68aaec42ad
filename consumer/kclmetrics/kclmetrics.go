// Package kclmetrics puts the metrics of a worker into CloudWatch, where the KCL
// puts them: in the namespace of the application, under the same names.
package kclmetrics

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/consumer"
)

// maxDatums is how many metrics go into one request, as from the KCL.
const maxDatums = 20

// Client is what a Sink calls; *cloudwatch.Client of the AWS SDK is one.
type Client interface {
	PutMetricData(context.Context, *cloudwatch.PutMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error)
}

// Sink is a consumer.MetricsSink that puts into CloudWatch.
type Sink struct {
	client    Client
	namespace string
}

var _ consumer.MetricsSink = (*Sink)(nil)

// New returns a sink for the metrics of an application, which names the
// namespace.
func New(client Client, application string) *Sink {
	return &Sink{client: client, namespace: application}
}

// PutMetrics puts metrics, twenty in a request. A request that fails does not
// keep the next one from being made; the error says how many did, and why the
// first one.
func (s *Sink) PutMetrics(ctx context.Context, metrics []consumer.Metric) error {
	var first error
	requests, failed := 0, 0
	for some := range slices.Chunk(metrics, maxDatums) {
		in := &cloudwatch.PutMetricDataInput{Namespace: &s.namespace}
		for i := range some {
			in.MetricData = append(in.MetricData, datum(&some[i]))
		}
		requests++
		if _, err := s.client.PutMetricData(ctx, in); err != nil {
			failed++
			first = cmp.Or(first, err)
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d requests failed: %w", failed, requests, first)
}

// datum returns a metric as CloudWatch takes it.
func datum(m *consumer.Metric) types.MetricDatum {
	d := types.MetricDatum{
		MetricName: &m.Name, Timestamp: &m.Timestamp, Unit: types.StandardUnit(m.Unit),
		StatisticValues: &types.StatisticSet{
			SampleCount: &m.SampleCount, Sum: &m.Sum, Minimum: &m.Minimum, Maximum: &m.Maximum,
		},
	}
	for _, x := range m.Dimensions {
		d.Dimensions = append(d.Dimensions, types.Dimension{Name: aws.String(x.Name), Value: aws.String(x.Value)})
	}
	return d
}
