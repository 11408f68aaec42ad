package kplmetrics_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/leat-io/leat/producer"
	"github.com/leat-io/leat/producer/kplmetrics"
)

// uploads notes what is uploaded, and fails one request.
type uploads struct {
	requests []*cloudwatch.PutMetricDataInput
	fail     int
}

var errUpload = errors.New("no")

func (u *uploads) PutMetricData(_ context.Context, in *cloudwatch.PutMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error) {
	u.requests = append(u.requests, in)
	if len(u.requests) == u.fail {
		return nil, errUpload
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

func TestPutMetrics(t *testing.T) {
	metric := producer.Metric{
		Name: producer.RequestTime, Unit: "Milliseconds", Timestamp: time.Unix(1700000000, 0),
		Dimensions:  []producer.Dimension{{Name: "StreamName", Value: "orders"}},
		SampleCount: 4, Sum: 10, Minimum: 1, Maximum: 4,
	}
	metrics := make([]producer.Metric, 45)
	for i := range metrics {
		metrics[i] = metric
	}
	u := &uploads{fail: 2}
	if err := kplmetrics.New(u, "").PutMetrics(t.Context(), metrics); !errors.Is(err, errUpload) {
		t.Errorf("PutMetrics: %v", err)
	}
	var sizes []int
	for _, in := range u.requests {
		sizes = append(sizes, len(in.MetricData))
	}
	if len(sizes) != 3 || sizes[0] != 20 || sizes[1] != 20 || sizes[2] != 5 || *u.requests[2].Namespace != kplmetrics.DefaultNamespace {
		t.Fatalf("requests of %v", sizes)
	}
	d := u.requests[2].MetricData[4]
	s := d.StatisticValues
	if *d.MetricName != "RequestTime" || d.Unit != "Milliseconds" || *d.Dimensions[0].Value != "orders" || !d.Timestamp.Equal(metric.Timestamp) ||
		*s.SampleCount != 4 || *s.Sum != 10 || *s.Minimum != 1 || *s.Maximum != 4 {
		t.Errorf("%+v", d)
	}
}
