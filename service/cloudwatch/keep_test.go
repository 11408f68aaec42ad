package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// checkBytes compares the counts of bytes with what there is.
func checkBytes(t *testing.T, s *Service) {
	t.Helper()
	all := 0
	for _, a := range s.accounts {
		bytes := accountBytes
		for _, m := range a.metrics {
			bytes += m.bytes()
		}
		if bytes != a.bytes || a.byPut.Len() != len(a.metrics) || s.largest[a.place] != a {
			t.Errorf("account %s takes %d bytes, %d by the count", a.name, bytes, a.bytes)
		}
		all += bytes
	}
	if all != s.bytes || all > s.maxBytes || len(s.largest) != len(s.accounts) {
		t.Errorf("all take %d bytes, %d by the count, of at most %d", all, s.bytes, s.maxBytes)
	}
}

// TestEvict puts more metrics than there is memory for. Those go that were put
// longest ago, and another account, which puts little, loses nothing.
func TestEvict(t *testing.T) {
	s, c := newService()
	s.maxBytes = 1 << 20
	ctx, other := as("111111111111"), as("222222222222")
	wide := func(i int) types.MetricDatum {
		d := datum(fmt.Sprintf("m%06d", i), 1)
		for j := range maxDimensions {
			d.Dimensions = append(d.Dimensions, types.Dimension{Name: aws.String(fmt.Sprint("d", j)), Value: aws.String(strings.Repeat("x", maxValueText))})
		}
		return d
	}
	put(t, s, other, wide(0), wide(1))
	const n = 200
	for i := range n {
		c.Advance(time.Second)
		put(t, s, ctx, wide(i), wide(0))
	}
	checkBytes(t, s)
	if s.bytes < s.maxBytes*9/10 {
		t.Errorf("%d bytes are in use", s.bytes)
	}
	got := names(t, s, ctx, cloudwatch.ListMetricsInput{})
	if got[0] != "m000000" || got[1] == "m000001" || got[len(got)-1] != fmt.Sprintf("m%06d", n-1) {
		t.Errorf("left are %s, %s to %s", got[0], got[1], got[len(got)-1])
	}
	if want := uint64(n - len(got)); s.evicted != want {
		t.Errorf("%d metrics went, by the count %d", want, s.evicted)
	}
	if got := names(t, s, other, cloudwatch.ListMetricsInput{}); len(got) != 2 {
		t.Errorf("of the other account there are %q", got)
	}
}

// TestManyAccounts has each account put one metric: the accounts themselves
// take no more than the bound.
func TestManyAccounts(t *testing.T) {
	s, _ := newService()
	s.maxBytes = 64 << 10
	for i := range 500 {
		put(t, s, as(fmt.Sprintf("%012d", i)), datum("m", 1))
	}
	checkBytes(t, s)
	if n := len(s.accounts); n < 10 || uint64(500-n) != s.evicted {
		t.Errorf("%d accounts are left, and %d metrics went", n, s.evicted)
	}
}

// TestPoints keeps the newest points of a metric.
func TestPoints(t *testing.T) {
	s, c := newService()
	ctx := as("111111111111")
	for range maxMinutes + 10 {
		put(t, s, ctx, datum("m", 1), datum("m", 2))
		c.Advance(time.Minute)
	}
	checkBytes(t, s)
	for _, m := range s.accounts["111111111111"].metrics {
		if len(m.minutes) != maxMinutes || m.minutes[0].second != start.Add(10*time.Minute).Unix() || len(m.seconds) != 0 {
			t.Errorf("%d minutes from %d, and %d seconds", len(m.minutes), m.minutes[0].second, len(m.seconds))
		}
	}
}

// TestRetention lets what is old go: the points of a metric that goes on, and a
// metric that does not.
func TestRetention(t *testing.T) {
	s, c := newService()
	ctx := as("111111111111")
	put(t, s, ctx, datum("on", 1), datum("over", 1))
	c.Advance(retention)
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{}); !slices.Equal(got, []string{"on", "over"}) {
		t.Errorf("kept for as long as it is to be are %q", got)
	}
	c.Advance(time.Minute)
	put(t, s, ctx, datum("on", 2))
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{}); !slices.Equal(got, []string{"on"}) {
		t.Errorf("kept are %q", got)
	}
	checkBytes(t, s)
	for _, m := range s.accounts["111111111111"].metrics {
		if len(m.minutes) != 1 || m.minutes[0].sum != 2 {
			t.Errorf("points are %+v", m.minutes)
		}
	}
	c.Advance(2 * retention)
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{}); len(got) != 0 || len(s.accounts) != 0 || s.bytes != 0 {
		t.Errorf("%q is left, and %d bytes", got, s.bytes)
	}
}

// TestResolution puts seconds and minutes into one metric: seconds are asked
// for apart, minutes have everything.
func TestResolution(t *testing.T) {
	s, _ := newService()
	ctx := as("111111111111")
	fine := func(second int, value float64) types.MetricDatum {
		d := datum("m", value)
		d.StorageResolution, d.Timestamp = aws.Int32(1), aws.Time(start.Add(time.Duration(second)*time.Second))
		return d
	}
	put(t, s, ctx, datum("m", 100), fine(1, 1), fine(1, 2), fine(6, 4), fine(61, 8))
	ask := func(period int32) (got []string) {
		out, err := s.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
			Namespace: aws.String("app"), MetricName: aws.String("m"), Period: aws.Int32(period),
			StartTime: aws.Time(start), EndTime: aws.Time(start.Add(2 * time.Minute)),
			Statistics: []types.Statistic{types.StatisticSum},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range out.Datapoints {
			got = append(got, fmt.Sprint(d.Timestamp.Format("04:05"), " ", *d.Sum))
		}
		return got
	}
	for period, want := range map[int32][]string{
		1: {"00:01 3", "00:06 4", "01:01 8"}, 5: {"00:00 3", "00:05 4", "01:00 8"}, 60: {"00:00 107", "01:00 8"},
	} {
		if got := ask(period); !slices.Equal(got, want) {
			t.Errorf("each %d s: got %q, want %q", period, got, want)
		}
	}
	checkBytes(t, s)
}

// TestEntity keeps what is put of entities beside the rest.
func TestEntity(t *testing.T) {
	s, _ := newService()
	ctx := as("111111111111")
	_, err := s.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{
		Namespace: aws.String("app"), MetricData: []types.MetricDatum{datum("plain", 1)},
		EntityMetricData: []types.EntityMetricData{{MetricData: []types.MetricDatum{datum("of", 1)}}, {}, {MetricData: []types.MetricDatum{datum("two", 1)}}},
	})
	if got := names(t, s, ctx, cloudwatch.ListMetricsInput{}); err != nil || !slices.Equal(got, []string{"of", "plain", "two"}) {
		t.Errorf("kept are %q, %v", got, err)
	}
}

// TestLongNames shows no metric whose names are too long, and keeps it.
func TestLongNames(t *testing.T) {
	s, _ := newService()
	long := datum("long", 1)
	for i := range 5 {
		long.Dimensions = append(long.Dimensions, types.Dimension{Name: aws.String(fmt.Sprint("d", i)), Value: aws.String(strings.Repeat("x", maxSeriesNames/5))})
	}
	put(t, s, as("111111111111"), long, datum("short", 1))
	var shown []string
	s.EachSeries(func(one Series) { shown = append(shown, one.Name) })
	if f := s.Figures(); !slices.Equal(shown, []string{"short"}) || f.LeftOut != 1 || f.Metrics != 2 {
		t.Errorf("shown are %q, and %+v", shown, f)
	}
}

// TestSeries shows as many series as there may be, those that came first, and
// takes others in when their metrics have gone.
func TestSeries(t *testing.T) {
	s, c := newService()
	ctx := as("111111111111")
	bytes := datum("m0000", 5)
	bytes.Unit = types.StandardUnitBytes
	put(t, s, ctx, bytes, datum("m0000", 2), types.MetricDatum{MetricName: aws.String("m0000"), Values: []float64{3}, Counts: []float64{4}})
	for i := range maxSeries {
		put(t, s, ctx, datum(fmt.Sprintf("m%04d", i+1), 1))
	}
	if err := s.Report("111111111111", "us-east-1", "AWS/Kinesis", []types.MetricDatum{datum("own", 1)}); err != nil {
		t.Fatal(err)
	}
	shown := func() map[string]Series {
		all := map[string]Series{}
		s.EachSeries(func(one Series) { all[one.Name+" "+string(one.Unit)] = one })
		return all
	}
	all := shown()
	if one := all["m0000 None"]; one.Count != 5 || one.Sum != 14 || one.Namespace != "app" || one.Account != "111111111111" {
		t.Errorf("got %+v", one)
	}
	if one := all["m0000 Bytes"]; one.Count != 1 || one.Sum != 5 {
		t.Errorf("got %+v", one)
	}
	if f := s.Figures(); len(all) != maxSeries || f.LeftOut != 2 || f.Metrics != maxSeries+2 {
		t.Errorf("%d series, and %+v", len(all), f)
	}
	c.Advance(retention)
	put(t, s, ctx, datum("m0000", 1), datum("m0001", 1))
	c.Advance(time.Minute)
	put(t, s, ctx, datum("late", 1))
	all = shown()
	if one := all["m0000 None"]; len(all) != 4 || one.Count != 6 || all["late None"].Count != 1 {
		t.Errorf("at last %v", all)
	}
}
