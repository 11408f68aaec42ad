package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
)

func queryOf(id, metric, stat string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: aws.String(id), MetricStat: &types.MetricStat{
		Metric: &types.Metric{Namespace: aws.String("app"), MetricName: aws.String(metric)},
		Stat:   aws.String(stat), Period: aws.Int32(60),
	}}
}

func dataInput(queries ...types.MetricDataQuery) *cloudwatch.GetMetricDataInput {
	return &cloudwatch.GetMetricDataInput{StartTime: aws.Time(start), EndTime: aws.Time(start.Add(time.Hour)), MetricDataQueries: queries}
}

// results puts all pages together, each result as a line.
func results(t *testing.T, s *Service, in *cloudwatch.GetMetricDataInput) (lines []string) {
	t.Helper()
	for page := 1; ; page++ {
		out, err := s.GetMetricData(as("111111111111"), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.MetricDataResults {
			line := fmt.Sprint(page, " ", *r.Id, " ", *r.Label, " ", r.StatusCode)
			for i, at := range r.Timestamps {
				line += fmt.Sprint(" ", at.Format("04"), "=", r.Values[i])
			}
			lines = append(lines, line)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return lines
		}
	}
}

func TestGetMetricData(t *testing.T) {
	s, c := newService()
	ctx := as("111111111111")
	for i := range 3 {
		bytes := datum("a", 100)
		bytes.Unit = types.StandardUnitBytes
		put(t, s, ctx, datum("a", float64(i)), bytes, datum("b", 7))
		c.Advance(time.Minute)
	}
	one, none, hidden, bytes := queryOf("one", "a", "Sum"), queryOf("none", "c", "p50"), queryOf("hidden", "a", "Sum"), queryOf("bytes", "a", "Maximum")
	hidden.ReturnData, bytes.MetricStat.Unit, bytes.Label = aws.Bool(false), types.StandardUnitBytes, aws.String("most")
	in := dataInput(one, none, hidden, bytes, queryOf("two", "b", "p99"))
	same := func(want ...string) {
		t.Helper()
		if got := results(t, s, in); !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
	same("1 one a Complete 02=102 01=101 00=100", "1 none c Complete",
		"1 bytes most Complete 02=100 01=100 00=100", "1 two b Complete 02=7 01=7 00=7")
	in.ScanBy, in.MaxDatapoints = types.ScanByTimestampAscending, aws.Int32(2)
	same("1 one a PartialData 00=100 01=101", "2 one a Complete 02=102", "2 none c Complete", "2 bytes most PartialData 00=100",
		"3 bytes most Complete 01=100 02=100", "4 two b PartialData 00=7 01=7", "5 two b Complete 02=7")
	in.ScanBy, in.MaxDatapoints = types.ScanByTimestampDescending, aws.Int32(4)
	same("1 one a Complete 02=102 01=101 00=100", "1 none c Complete", "1 bytes most PartialData 02=100",
		"2 bytes most Complete 01=100 00=100", "2 two b PartialData 02=7 01=7", "3 two b Complete 00=7")
	in.MaxDatapoints = aws.Int32(9)
	same("1 one a Complete 02=102 01=101 00=100", "1 none c Complete",
		"1 bytes most Complete 02=100 01=100 00=100", "1 two b Complete 02=7 01=7 00=7")
}

// TestManyPoints reads more points than one answer may be made of, of which
// nobody gets more than a few: the others come with the next page.
func TestManyPoints(t *testing.T) {
	s, c := newService()
	for range maxSeconds {
		d := datum("m", 1)
		d.StorageResolution = aws.Int32(1)
		put(t, s, as("111111111111"), d)
		c.Advance(time.Second)
	}
	in := dataInput()
	const perPage = (maxPagePoints + maxSeconds - 1) / maxSeconds
	for i := range perPage + 1 {
		q := queryOf(fmt.Sprint("q", i), "m", "Sum")
		q.MetricStat.Period = aws.Int32(30)
		in.MetricDataQueries = append(in.MetricDataQueries, q)
	}
	out, err := s.GetMetricData(as("111111111111"), in)
	if err != nil || len(out.MetricDataResults) != perPage || out.NextToken == nil {
		t.Fatal(out, err)
	}
	in.NextToken = out.NextToken
	out, err = s.GetMetricData(as("111111111111"), in)
	if err != nil || len(out.MetricDataResults) != 1 || len(out.MetricDataResults[0].Values) != maxSeconds/30 || out.NextToken != nil {
		t.Error(out, err)
	}
}

// TestGone stops working for a caller who is gone.
func TestGone(t *testing.T) {
	s, _ := newService()
	ctx, cancel := context.WithCancel(as("111111111111"))
	cancel()
	if out, err := s.GetMetricData(ctx, dataInput(queryOf("all", "m", "Sum"))); !errors.Is(err, context.Canceled) {
		t.Error(out, err)
	}
}

func TestGetMetricDataRefusals(t *testing.T) {
	s, _ := newService()
	refused := func(code string, change func(in *cloudwatch.GetMetricDataInput, q *types.MetricDataQuery)) {
		t.Helper()
		in := dataInput(queryOf("first", "m", "Sum"), queryOf("second", "m", "Sum"))
		change(in, &in.MetricDataQueries[1])
		_, err := s.GetMetricData(as("111111111111"), in)
		var e *api.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	type in = cloudwatch.GetMetricDataInput
	type query = types.MetricDataQuery
	const invalid, token = "ValidationError", "InvalidNextToken"
	refused(invalid, func(i *in, q *query) { i.StartTime = nil })
	refused(invalid, func(i *in, q *query) { i.EndTime = i.StartTime })
	refused(invalid, func(i *in, q *query) { i.MetricDataQueries = nil })
	refused(invalid, func(i *in, q *query) { i.MetricDataQueries = make([]query, maxQueries+1) })
	refused(invalid, func(i *in, q *query) { i.MaxDatapoints = aws.Int32(0) })
	refused(invalid, func(i *in, q *query) { i.ScanBy = "Up" })
	refused(invalid, func(i *in, q *query) { q.Id = nil })
	refused(invalid, func(i *in, q *query) { q.Id = aws.String("Second") })
	refused(invalid, func(i *in, q *query) { q.Id = aws.String("first") })
	refused(invalid, func(i *in, q *query) { q.Expression = aws.String("first * 2") })
	refused(invalid, func(i *in, q *query) { q.MetricStat, q.Expression = nil, aws.String("first * 2") })
	refused(invalid, func(i *in, q *query) { q.MetricStat = nil })
	refused(invalid, func(i *in, q *query) { q.AccountId = aws.String("222222222222") })
	refused(invalid, func(i *in, q *query) { q.MetricStat.Metric = nil })
	refused(invalid, func(i *in, q *query) { q.MetricStat.Metric.MetricName = nil })
	refused(invalid, func(i *in, q *query) { q.MetricStat.Metric.Dimensions = make([]types.Dimension, maxDimensions+1) })
	refused(invalid, func(i *in, q *query) { q.MetricStat.Stat = nil })
	refused(invalid, func(i *in, q *query) { q.MetricStat.Stat = aws.String("tm90") })
	refused(invalid, func(i *in, q *query) { q.MetricStat.Period = aws.Int32(61) })
	refused(invalid, func(i *in, q *query) { q.MetricStat.Unit = "Apples" })
	for _, text := range []string{"?", "eA", "MS8", "LTE", "MS94", "OTk5OTk5OTk5OTk"} {
		refused(token, func(i *in, q *query) { i.NextToken = aws.String(text) })
	}
}
