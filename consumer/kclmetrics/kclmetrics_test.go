package kclmetrics

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/consumer"
)

// recorder keeps what was put, and refuses the second request.
type recorder struct {
	inputs []*cloudwatch.PutMetricDataInput
}

var errRefused = errors.New("refused")

func (r *recorder) PutMetricData(_ context.Context, in *cloudwatch.PutMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error) {
	r.inputs = append(r.inputs, in)
	if len(r.inputs) == 2 {
		return nil, errRefused
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

func TestPutMetrics(t *testing.T) {
	var metrics []consumer.Metric
	for i := range 45 {
		metrics = append(metrics, consumer.Metric{
			Name: fmt.Sprint("m", i), Unit: "Milliseconds", Timestamp: time.Unix(9, 0),
			Dimensions:  []consumer.Dimension{{Name: "Operation", Value: "ProcessTask"}},
			SampleCount: 3, Sum: 6, Minimum: 1, Maximum: 3,
		})
	}
	r := &recorder{}
	if err := New(r, "application").PutMetrics(t.Context(), metrics); !errors.Is(err, errRefused) {
		t.Errorf("error %v", err)
	}
	if len(r.inputs) != 3 || len(r.inputs[0].MetricData) != 20 || len(r.inputs[2].MetricData) != 5 {
		t.Fatalf("%d requests", len(r.inputs))
	}
	in := r.inputs[2]
	d := in.MetricData[4]
	if *in.Namespace != "application" || *d.MetricName != "m44" || d.Unit != types.StandardUnitMilliseconds ||
		*d.StatisticValues.Sum != 6 || *d.StatisticValues.SampleCount != 3 || *d.Dimensions[0].Value != "ProcessTask" {
		t.Errorf("datum %+v", d)
	}
}
