package cloudwatch

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
)

// dimensionsOf makes dimensions of names and values in turn.
func dimensionsOf(of ...string) (dimensions []types.Dimension) {
	for i := 0; i < len(of); i += 2 {
		dimensions = append(dimensions, types.Dimension{Name: &of[i], Value: &of[i+1]})
	}
	return dimensions
}

// TestIdentities takes each metric for what it is, whatever the order of its
// dimensions, and no two for one, however alike their names are when they stand
// in a row.
func TestIdentities(t *testing.T) {
	s, _ := newService()
	type metric struct {
		region, namespace, name string
		dimensions              []types.Dimension
	}
	all := []metric{
		{"us-east-1", "app", "m", nil},
		{"us-east-2", "app", "m", nil},
		{"us-east-1", "ap", "pm", nil},
		{"us-east-1", "app", "m", dimensionsOf("A", "x", "B", "y")},
		{"us-east-1", "app", "m", dimensionsOf("A", "x")},
		{"us-east-1", "app", "m", dimensionsOf("A", `x""B""y`)},
		{"us-east-1", "app", "mA", dimensionsOf("x", "B")},
	}
	in := func(m metric) context.Context {
		return api.WithCaller(context.Background(), api.Caller{Account: "111111111111", Region: m.region})
	}
	for i, m := range all {
		d := datum(m.name, float64(int(1)<<i))
		d.Dimensions = m.dimensions
		if _, err := s.PutMetricData(in(m), &cloudwatch.PutMetricDataInput{Namespace: &m.namespace, MetricData: []types.MetricDatum{d}}); err != nil {
			t.Fatal(err)
		}
	}
	for i, m := range all {
		slices.Reverse(m.dimensions)
		out, err := s.GetMetricStatistics(in(m), &cloudwatch.GetMetricStatisticsInput{
			Namespace: &m.namespace, MetricName: &m.name, Dimensions: m.dimensions, Period: aws.Int32(60),
			StartTime: aws.Time(start), EndTime: aws.Time(start.Add(time.Minute)), Statistics: []types.Statistic{types.StatisticSum},
		})
		if err != nil || len(out.Datapoints) != 1 || *out.Datapoints[0].Sum != float64(int(1)<<i) {
			t.Errorf("metric %d: %+v, %v", i, out, err)
		}
	}
	if got := names(t, s, in(all[1]), cloudwatch.ListMetricsInput{}); !slices.Equal(got, []string{"m"}) {
		t.Errorf("in the other region there are %q", got)
	}
	any := []types.DimensionFilter{{Name: aws.String("A")}}
	if got := names(t, s, in(all[0]), cloudwatch.ListMetricsInput{Dimensions: any}); len(got) != 3 {
		t.Errorf("with any A there are %q", got)
	}
}

// TestBegin asks from within a minute, and within five seconds: what was put since
// they began is there. From longer ago than anything is kept nothing comes.
func TestBegin(t *testing.T) {
	s, c := newService()
	ctx := as("111111111111")
	fine := datum("m", 1)
	fine.StorageResolution = aws.Int32(1)
	put(t, s, ctx, fine)
	ask := func(period int32, from time.Duration) (got string) {
		t.Helper()
		out, err := s.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
			Namespace: aws.String("app"), MetricName: aws.String("m"), Period: &period, Statistics: []types.Statistic{types.StatisticSum},
			StartTime: aws.Time(start.Add(from)), EndTime: aws.Time(start.Add(from + time.Hour)),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range out.Datapoints {
			got += fmt.Sprint(d.Timestamp.Format("15:04:05"), " ", *d.Sum, " ")
		}
		return got
	}
	for _, c := range []struct {
		period int32
		from   time.Duration
		want   string
	}{
		{60, 59 * time.Second, "10:00:00 1 "}, {60, time.Minute, ""}, {300, -time.Minute, "09:59:00 1 "},
		{5, 4 * time.Second, "10:00:00 1 "}, {5, 5 * time.Second, ""},
	} {
		if got := ask(c.period, c.from); got != c.want {
			t.Errorf("each %d s from %v: got %q, want %q", c.period, c.from, got, c.want)
		}
	}
	c.Advance(retention)
	if got := ask(60, 0); got != "10:00:00 1 " {
		t.Errorf("after %v: %q", retention, got)
	}
	put(t, s, ctx, types.MetricDatum{MetricName: aws.String("m"), Values: []float64{1}, Counts: []float64{0}}) // so that it goes on
	c.Advance(time.Minute)
	if got := ask(60, 0); got != "" {
		t.Errorf("later: %q", got)
	}
}
