//go:build !race

package cloudwatch

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// full puts all minutes that there may be of one metric, each with as many
// different values as are kept.
func full(t *testing.T, s *Service, c *still) {
	t.Helper()
	values := make([]float64, maxSamples)
	for i := range values {
		values[i] = float64(i)
	}
	for range maxMinutes {
		put(t, s, as("111111111111"), types.MetricDatum{MetricName: aws.String("m"), Values: values})
		c.Advance(time.Minute)
	}
}

// TestLongPeriod asks for half a day as one value. Values are put together where
// percentiles are asked for alone, and what that takes does not grow with them.
func TestLongPeriod(t *testing.T) {
	s, c := newService()
	full(t, s, c)
	allocations := func(stat string) float64 {
		in := dataInput(queryOf("all", "m", stat))
		in.EndTime, in.MetricDataQueries[0].MetricStat.Period = aws.Time(start.Add(12*time.Hour)), aws.Int32(12*3600)
		return testing.AllocsPerRun(10, func() {
			out, err := s.GetMetricData(as("111111111111"), in)
			if err != nil || len(out.MetricDataResults[0].Values) != 1 {
				t.Fatal(out, err)
			}
		})
	}
	if n := allocations("Sum"); n > 50 {
		t.Errorf("%v allocations for a sum", n)
	}
	if n := allocations("p99"); n > maxMinutes+50 {
		t.Errorf("%v allocations for a percentile", n)
	}
}
