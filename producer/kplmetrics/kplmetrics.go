// Package kplmetrics uploads what a producer measures to CloudWatch, as the KPL
// does. It stands apart so that who does not want it has no SDK of CloudWatch in
// the binary.
package kplmetrics

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/producer"
)

// DefaultNamespace is the KPL's MetricsNamespace.
const DefaultNamespace = "KinesisProducerLibrary"

// batchDatums is how many metrics go into a request, as with the KPL.
const batchDatums = 20

// Client is what a Sink needs of a client. *cloudwatch.Client is one.
type Client interface {
	PutMetricData(context.Context, *cloudwatch.PutMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error)
}

var _ Client = (*cloudwatch.Client)(nil)

// Sink is a sink for producer.WithMetrics. It may be shared by producers.
type Sink struct {
	client    Client
	namespace string
}

var _ producer.MetricsSink = (*Sink)(nil)

// New returns a sink that uploads with a client, under DefaultNamespace where
// namespace is empty.
func New(client Client, namespace string) *Sink {
	if namespace == "" {
		namespace = DefaultNamespace
	}
	return &Sink{client, namespace}
}

// PutMetrics uploads metrics, 20 a request. It tries all of them, and returns
// what failed.
func (s *Sink) PutMetrics(ctx context.Context, metrics []producer.Metric) error {
	var errs []error
	for len(metrics) > 0 {
		n := min(batchDatums, len(metrics))
		in := &cloudwatch.PutMetricDataInput{Namespace: &s.namespace}
		for _, m := range metrics[:n] {
			in.MetricData = append(in.MetricData, datum(m))
		}
		metrics = metrics[n:]
		if _, err := s.client.PutMetricData(ctx, in); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// datum returns a metric in the form of a statistic set.
func datum(m producer.Metric) types.MetricDatum {
	d := types.MetricDatum{
		MetricName: aws.String(string(m.Name)),
		Timestamp:  aws.Time(m.Timestamp),
		Unit:       types.StandardUnit(m.Unit),
		StatisticValues: &types.StatisticSet{
			SampleCount: &m.SampleCount, Sum: &m.Sum, Minimum: &m.Minimum, Maximum: &m.Maximum,
		},
	}
	for _, dimension := range m.Dimensions {
		d.Dimensions = append(d.Dimensions, types.Dimension{Name: aws.String(dimension.Name), Value: aws.String(dimension.Value)})
	}
	return d
}
