package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
)

var start = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

// still is a clock that stands between two calls of Advance.
type still struct {
	clock.System
	now time.Time
}

func (c *still) Now() time.Time          { return c.now }
func (c *still) Advance(d time.Duration) { c.now = c.now.Add(d) }

func newService() (*Service, *still) {
	c := &still{now: start}
	return New(Options{Clock: c}), c
}

func as(account string) context.Context {
	return api.WithCaller(context.Background(), api.Caller{Account: account, Region: "us-east-1"})
}

func put(t *testing.T, s *Service, ctx context.Context, data ...types.MetricDatum) {
	t.Helper()
	if _, err := s.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("app"), MetricData: data}); err != nil {
		t.Fatal(err)
	}
}

func datum(name string, value float64) types.MetricDatum {
	return types.MetricDatum{MetricName: aws.String(name), Value: aws.Float64(value)}
}

func names(t *testing.T, s *Service, ctx context.Context, in cloudwatch.ListMetricsInput) []string {
	t.Helper()
	var all []string
	for {
		out, err := s.ListMetrics(ctx, &in)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Metrics {
			all = append(all, *m.MetricName)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}

// TestStatistics puts in each of the forms, in two minutes and two units, and
// asks for one minute and for both.
func TestStatistics(t *testing.T) {
	s, c := newService()
	ctx := as("111111111111")
	put(t, s, ctx,
		datum("m", 5),
		types.MetricDatum{MetricName: aws.String("m"), Values: []float64{1, -100, 9}, Counts: []float64{2, 0, 1}},
		types.MetricDatum{MetricName: aws.String("m"), StatisticValues: &types.StatisticSet{
			SampleCount: aws.Float64(4), Sum: aws.Float64(20), Minimum: aws.Float64(2), Maximum: aws.Float64(11)}},
		types.MetricDatum{MetricName: aws.String("m"), Value: aws.Float64(1), Unit: types.StandardUnitBytes},
	)
	c.Advance(time.Minute)
	put(t, s, ctx, datum("m", 50))
	ask := func(period int32) (got []string) {
		out, err := s.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
			Namespace: aws.String("app"), MetricName: aws.String("m"), Unit: types.StandardUnitNone,
			StartTime: aws.Time(start), EndTime: aws.Time(start.Add(time.Hour)), Period: aws.Int32(period),
			Statistics: types.Statistic("").Values(),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range out.Datapoints {
			got = append(got, fmt.Sprint(d.Timestamp.Format("15:04"), " ", *d.SampleCount, *d.Sum, *d.Average, *d.Minimum, *d.Maximum))
		}
		return got
	}
	if got, want := ask(60), []string{"10:00 8 36 4.5 1 11", "10:01 1 50 50 50 50"}; !slices.Equal(got, want) {
		t.Errorf("each minute: got %q, want %q", got, want)
	}
	if got, want := ask(300), []string{"10:00 9 86 9.555555555555555 1 50"}; !slices.Equal(got, want) {
		t.Errorf("five minutes: got %q, want %q", got, want)
	}
}

func TestListMetrics(t *testing.T) {
	s, c := newService()
	ctx := as("111111111111")
	for i := range metricsPerPage + 1 {
		d := datum(fmt.Sprintf("m%04d", i), 1)
		d.Dimensions = []types.Dimension{{Name: aws.String("Odd"), Value: aws.String(fmt.Sprint(i%2 == 1))}}
		put(t, s, ctx, d)
	}
	put(t, s, as("222222222222"), datum("theirs", 1))
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{}); len(got) != metricsPerPage+1 || !slices.IsSorted(got) {
		t.Errorf("%d metrics on two pages", len(got))
	}
	odd := []types.DimensionFilter{{Name: aws.String("Odd"), Value: aws.String("true")}}
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{Dimensions: odd}); len(got) != metricsPerPage/2 || got[0] != "m0001" {
		t.Errorf("%d odd metrics", len(got))
	}
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{MetricName: aws.String("m0007"), Namespace: aws.String("app")}); !slices.Equal(got, []string{"m0007"}) {
		t.Errorf("by name: %q", got)
	}
	if got := names(t, s, as("222222222222"), cloudwatch.ListMetricsInput{}); !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("the other account has %q", got)
	}
	// Clients find an empty list where there are no dimensions.
	if out, err := s.ListMetrics(as("222222222222"), &cloudwatch.ListMetricsInput{}); err != nil || out.Metrics[0].Dimensions == nil {
		t.Errorf("dimensions are left out: %+v, %v", out, err)
	}
	c.Advance(activeWindow + time.Second)
	put(t, s, ctx, datum("late", 1))
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{RecentlyActive: types.RecentlyActivePt3h}); !slices.Equal(got, []string{"late"}) {
		t.Errorf("active are %q", got)
	}
}

// TestManyMetrics lists more than are looked at for one page.
func TestManyMetrics(t *testing.T) {
	s, _ := newService()
	ctx := as("111111111111")
	const n = 5*metricsPerPage + 1
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("m%04d", i))
		put(t, s, ctx, datum(want[i], 1))
	}
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{}); !slices.Equal(got, want) {
		t.Errorf("%d of %d metrics are listed", len(got), n)
	}
}

// TestRefusedPath names the datum that is not valid, among others.
func TestRefusedPath(t *testing.T) {
	s, _ := newService()
	good, bad := datum("m", 1), datum("m", 1)
	bad.Dimensions = []types.Dimension{{Name: aws.String("n"), Value: aws.String("v")}, {Name: aws.String("n")}}
	in := &cloudwatch.PutMetricDataInput{Namespace: aws.String("app"), MetricData: []types.MetricDatum{good, bad}}
	named := func(want string) {
		t.Helper()
		var e *api.Error
		if _, err := s.PutMetricData(as("111111111111"), in); !errors.As(err, &e) || e.Message != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	named("The parameter MetricData.member.2.Dimensions.member.2.Value is required.")
	in.MetricData, in.EntityMetricData = in.MetricData[:1], []types.EntityMetricData{{}, {MetricData: []types.MetricDatum{bad}}}
	named("The parameter EntityMetricData.member.2.MetricData.member.1.Dimensions.member.2.Value is required.")
}

// TestReadingRefusals asks for statistics and for lists in ways that are refused.
func TestReadingRefusals(t *testing.T) {
	s, _ := newService()
	ctx := as("111111111111")
	refused := func(code string, err error) {
		t.Helper()
		var e *api.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	type in = cloudwatch.GetMetricStatisticsInput
	statistics := func(code string, change func(in *in)) {
		t.Helper()
		asked := &in{
			Namespace: aws.String("app"), MetricName: aws.String("m"), StartTime: aws.Time(start), EndTime: aws.Time(start.Add(time.Hour)),
			Period: aws.Int32(60), Statistics: []types.Statistic{types.StatisticSum},
		}
		change(asked)
		_, err := s.GetMetricStatistics(ctx, asked)
		refused(code, err)
	}
	const value, absent, both = "InvalidParameterValueException", "MissingRequiredParameterException", "InvalidParameterCombinationException"
	statistics(absent, func(in *in) { in.Namespace = nil })
	statistics(absent, func(in *in) { in.MetricName = nil })
	statistics(absent, func(in *in) { in.StartTime = nil })
	statistics(absent, func(in *in) { in.EndTime = nil })
	statistics(absent, func(in *in) { in.Period = nil })
	statistics(both, func(in *in) { in.Statistics = nil })
	statistics(both, func(in *in) { in.ExtendedStatistics = []string{"p50"} })
	statistics(value, func(in *in) { in.Statistics[0] = "Most" })
	statistics(value, func(in *in) { in.Statistics = make([]types.Statistic, maxStatistics+1) })
	statistics(value, func(in *in) { in.Statistics, in.ExtendedStatistics = nil, make([]string, maxExtended+1) })
	statistics(value, func(in *in) { in.Dimensions = make([]types.Dimension, maxDimensions+1) })
	statistics(value, func(in *in) { in.Period = aws.Int32(90) })
	statistics(value, func(in *in) { in.EndTime = in.StartTime })
	statistics(both, func(in *in) { in.EndTime = aws.Time(start.Add(1441 * time.Minute)) })
	list := func(code string, in cloudwatch.ListMetricsInput) {
		t.Helper()
		_, err := s.ListMetrics(ctx, &in)
		refused(code, err)
	}
	list(value, cloudwatch.ListMetricsInput{Dimensions: make([]types.DimensionFilter, maxFilters+1)})
	list(value, cloudwatch.ListMetricsInput{RecentlyActive: "PT4H"})
	list("InvalidNextToken", cloudwatch.ListMetricsInput{NextToken: aws.String("?")})
}

func TestRefusals(t *testing.T) {
	s, _ := newService()
	refused := func(code string, change func(in *cloudwatch.PutMetricDataInput, d *types.MetricDatum)) {
		t.Helper()
		d := datum("m", 1)
		in := &cloudwatch.PutMetricDataInput{Namespace: aws.String("app"), MetricData: []types.MetricDatum{datum("good", 1), {}}}
		change(in, &d)
		if in.MetricData != nil {
			in.MetricData[1] = d
		}
		_, err := s.PutMetricData(as("111111111111"), in)
		var e *api.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	type in = cloudwatch.PutMetricDataInput
	type md = types.MetricDatum
	const value, absent, both = "InvalidParameterValueException", "MissingRequiredParameterException", "InvalidParameterCombinationException"
	refused(absent, func(i *in, d *md) { i.Namespace = nil })
	refused(value, func(i *in, d *md) { i.Namespace = aws.String("AWS/Kinesis") })
	refused(absent, func(i *in, d *md) { i.MetricData = nil })
	refused(absent, func(i *in, d *md) { d.MetricName = nil })
	refused(absent, func(i *in, d *md) { d.Value = nil })
	refused(both, func(i *in, d *md) { d.Values = []float64{1} })
	refused(value, func(i *in, d *md) { d.Unit = "Apples" })
	refused(value, func(i *in, d *md) { d.StorageResolution = aws.Int32(5) })
	refused(value, func(i *in, d *md) { d.Timestamp = aws.Time(start.Add(3 * time.Hour)) })
	refused(value, func(i *in, d *md) { d.Timestamp = aws.Time(start.Add(-maxBehind - time.Second)) })
	refused(value, func(i *in, d *md) { i.Namespace = aws.String(":app") })
	refused(value, func(i *in, d *md) { d.Value, d.Values = nil, make([]float64, maxValues+1) })
	refused(value, func(i *in, d *md) { i.MetricData = slices.Repeat([]md{*d}, maxDatums+1) })
	refused(value, func(i *in, d *md) { // all together
		i.EntityMetricData = []types.EntityMetricData{{MetricData: slices.Repeat([]md{*d}, maxDatums-1)}}
	})
	refused(value, func(i *in, d *md) { d.MetricName = aws.String("\xff") })
	refused(value, func(i *in, d *md) { i.Namespace = aws.String("a\nb") })
	refused(value, func(i *in, d *md) { d.Dimensions = make([]types.Dimension, maxDimensions+1) })
	refused(absent, func(i *in, d *md) { d.Dimensions = make([]types.Dimension, 1) })
	for _, pair := range [][2]string{{"", "v"}, {":n", "v"}, {"n\u00e4me", "v"}, {"n", " "}, {"n", "w\u00f6rt"}, {"n", "a\tb"}} {
		refused(value, func(i *in, d *md) { d.Dimensions = []types.Dimension{{Name: &pair[0], Value: &pair[1]}} })
	}
	refused(value, func(i *in, d *md) { d.Value, d.Values, d.Counts = nil, []float64{1, 2}, []float64{1} })
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Ldexp(1, 361), -math.Ldexp(1, 361)} {
		refused(value, func(i *in, d *md) { d.Value = &v })
		refused(value, func(i *in, d *md) { d.Value, d.Values = nil, []float64{1, v} })
	}
	refused(value, func(i *in, d *md) { d.Value, d.Values, d.Counts = nil, []float64{1}, []float64{-1} })
	// Count, sum, least and most: most before least, counts that are none, and one
	// that would make the average infinite.
	for _, v := range [][4]float64{{1, 1, 2, 1}, {-1, 1, 1, 1}, {math.NaN(), 1, 1, 1}, {1e-300, 1e100, 0, 1}} {
		refused(value, func(i *in, d *md) {
			d.Value, d.StatisticValues = nil, &types.StatisticSet{SampleCount: &v[0], Sum: &v[1], Minimum: &v[2], Maximum: &v[3]}
		})
	}
	if got := names(t, s, as("111111111111"), cloudwatch.ListMetricsInput{}); len(got) != 0 {
		t.Errorf("a refused put left %q", got)
	}
}
