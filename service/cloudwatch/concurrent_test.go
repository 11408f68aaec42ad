package cloudwatch

import (
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// TestConcurrent has everything asked for while metrics come and go. What is read
// must stay as it is when more is put, and all that was put of what is left is
// counted; the race detector sees the rest.
func TestConcurrent(t *testing.T) {
	s, _ := newService()
	s.maxBytes = 64 << 10 // of which metrics have to go
	ctx := as("111111111111")
	const puts = 500
	var wg sync.WaitGroup
	for putter := range 3 {
		wg.Go(func() {
			for i := range puts {
				one, all := datum(fmt.Sprint("m", putter, i%50), 1), datum("all", float64(i))
				if _, err := s.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("app"), MetricData: []types.MetricDatum{one, all}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range puts / 5 {
				if _, err := s.GetMetricData(ctx, dataInput(queryOf("q", "all", "p50"))); err != nil {
					t.Error(err)
				}
				if _, err := s.ListMetrics(ctx, &cloudwatch.ListMetricsInput{}); err != nil {
					t.Error(err)
				}
				s.EachSeries(func(Series) {})
				s.Figures()
			}
		})
	}
	wg.Wait()
	checkBytes(t, s)
	out, err := s.GetMetricData(ctx, dataInput(queryOf("q", "all", "SampleCount")))
	if err != nil || len(out.MetricDataResults[0].Values) != 1 || out.MetricDataResults[0].Values[0] != 3*puts {
		t.Errorf("%+v, %v", out, err)
	}
	if s.evicted == 0 {
		t.Error("no metric had to go")
	}
}
