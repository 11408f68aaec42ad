package cloudwatch

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
)

func extended(s *Service, statistics ...string) (*cloudwatch.GetMetricStatisticsOutput, error) {
	return s.GetMetricStatistics(as("111111111111"), &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("app"), MetricName: aws.String("m"), Period: aws.Int32(3600),
		StartTime: aws.Time(start), EndTime: aws.Time(start.Add(time.Hour)), ExtendedStatistics: statistics,
	})
}

func TestPercentiles(t *testing.T) {
	s, c := newService()
	ctx := as("111111111111")
	put(t, s, ctx, types.MetricDatum{MetricName: aws.String("m"), Values: []float64{40, 10}, Counts: []float64{1, 7}}, datum("m", 20))
	c.Advance(time.Minute)
	// A set of statistics is as good as a value where it can be but one.
	put(t, s, ctx, types.MetricDatum{MetricName: aws.String("m"), StatisticValues: &types.StatisticSet{
		SampleCount: aws.Float64(1), Sum: aws.Float64(30), Minimum: aws.Float64(30), Maximum: aws.Float64(30)}})
	out, err := extended(s, "p0", "p50", "p75.5", "p90", "p100")
	if err != nil || len(out.Datapoints) != 1 {
		t.Fatal(out, err)
	}
	if got, want := fmt.Sprint(out.Datapoints[0].ExtendedStatistics), "map[p0:10 p100:40 p50:10 p75.5:20 p90:30]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	put(t, s, ctx, types.MetricDatum{MetricName: aws.String("m"), StatisticValues: &types.StatisticSet{
		SampleCount: aws.Float64(2), Sum: aws.Float64(30), Minimum: aws.Float64(10), Maximum: aws.Float64(20)}})
	if out, err := extended(s, "p50"); err != nil || len(out.Datapoints) != 0 {
		t.Errorf("of values that are not known: %v, %v", out.Datapoints, err)
	}
	for _, name := range []string{"", "p", "p101", "p-1", "pNaN", "p1e1", "p1.2.3", "tm99", "99", "p50.00000000000001"} {
		var e *api.Error
		if _, err := extended(s, name); !errors.As(err, &e) || e.Code != "InvalidParameterValueException" {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

// TestManyValues has more values than are kept: their number stays bounded,
// and percentiles are near.
func TestManyValues(t *testing.T) {
	s, _ := newService()
	const n = 20_000
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		put(t, s, as("111111111111"), datum("m", float64(i)))
	}
	checkBytes(t, s)
	for _, m := range s.accounts["111111111111"].metrics {
		p := m.minutes[0]
		counted := 0.0
		for i, x := range p.samples {
			if counted += x.count; i > 0 && x.value <= p.samples[i-1].value {
				t.Fatalf("samples %v and %v", p.samples[i-1], x)
			}
		}
		if len(p.samples) > maxSamples || counted != n || p.count != n {
			t.Errorf("%d samples of %v values", len(p.samples), counted)
		}
		if least, _ := p.percentile(0); least != 0 {
			t.Errorf("p0 is %v", least)
		}
		if most, _ := p.percentile(100); most != n-1 {
			t.Errorf("p100 is %v", most)
		}
		for percent := range 101 {
			got, ok := p.percentile(float64(percent))
			if want := float64(percent) / 100 * n; !ok || got < want-n/50-1 || got > want+n/50+1 {
				t.Errorf("p%d is %v", percent, got)
			}
		}
	}
}
