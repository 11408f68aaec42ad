package cloudwatch

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

// maxQueries is how many queries one call of GetMetricData may have.
const maxQueries = 500

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,254}$`)

// value is what a statistic says of one period.
type value struct {
	second int64
	value  float64
}

// valuesOf returns the values of a query in the order that is asked for, of all
// units together where none is, and of how many points they are.
func (s *Service) valuesOf(c api.Caller, q *types.MetricDataQuery, in *cloudwatch.GetMetricDataInput) (values []value, read int) {
	stat := q.MetricStat
	id := identify(c, *stat.Metric.Namespace, *stat.Metric.MetricName, stat.Metric.Dimensions)
	asked := newSpan(*in.StartTime, *in.EndTime, *stat.Period)
	asked.unit = stat.Unit
	_, asked.samples = percentOf(*stat.Stat)
	points := s.points(id, asked)
	read = len(points)
	points = joined(asked.periods(points), func(a, b point) bool { return a.second == b.second })
	values = make([]value, 0, len(points))
	for _, p := range points {
		if v, ok := p.statistic(*stat.Stat); ok {
			values = append(values, value{p.second, v})
		}
	}
	if in.ScanBy != types.ScanByTimestampAscending {
		slices.Reverse(values)
	}
	return values, read
}

// labelOf returns what a query is called: the metric's name if it says nothing.
func labelOf(q *types.MetricDataQuery) *string {
	if q.Label != nil {
		return q.Label
	}
	return q.MetricStat.Metric.MetricName
}

func checkMetricData(in *cloudwatch.GetMetricDataInput, caller api.Caller) error {
	switch {
	case in.StartTime == nil:
		return broken("The parameter StartTime is required.")
	case in.EndTime == nil:
		return broken("The parameter EndTime is required.")
	case !in.StartTime.Before(*in.EndTime):
		return broken("The parameter StartTime must be less than the parameter EndTime.")
	case len(in.MetricDataQueries) == 0:
		return broken("The parameter MetricDataQueries is required.")
	case len(in.MetricDataQueries) > maxQueries:
		return broken("The collection MetricDataQueries must not have a size greater than %d.", maxQueries)
	case in.MaxDatapoints != nil && (*in.MaxDatapoints < 1 || *in.MaxDatapoints > maxPageValues):
		return broken("The parameter MaxDatapoints must be between 1 and %d.", maxPageValues)
	case in.ScanBy != "" && !slices.Contains(in.ScanBy.Values(), in.ScanBy):
		return broken("The value %s for parameter ScanBy is invalid.", in.ScanBy)
	}
	seen := map[string]bool{}
	for i := range in.MetricDataQueries {
		q := &in.MetricDataQueries[i]
		id := aws.ToString(q.Id)
		if !queryID.MatchString(id) {
			return broken("The value %s for parameter MetricDataQueries.member.%d.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", strconv.Quote(id), i+1)
		}
		if seen[id] {
			return broken("The values for parameter id in MetricDataQueries are not unique.")
		}
		seen[id] = true
		if err := checkQuery(q, "MetricDataQueries.member."+strconv.Itoa(i+1), caller); err != nil {
			return err
		}
	}
	return nil
}

// checkQuery checks a query, which messages name by its path.
func checkQuery(q *types.MetricDataQuery, path string, caller api.Caller) error {
	stat := q.MetricStat
	switch {
	case q.Expression != nil && stat != nil:
		return broken("The parameters %s.Expression and %s.MetricStat are mutually exclusive and you have specified both.", path, path)
	case q.Expression != nil:
		return broken("This server does not serve the parameter %s.Expression yet.", path)
	case stat == nil:
		return broken("The parameter %s.MetricStat is required.", path)
	case q.AccountId != nil && *q.AccountId != caller.Account:
		return broken("This server has no metrics of other accounts for the parameter %s.AccountId.", path)
	}
	path += ".MetricStat"
	switch {
	case stat.Metric == nil || stat.Metric.Namespace == nil || stat.Metric.MetricName == nil:
		return broken("The parameters %s.Metric.Namespace and %s.Metric.MetricName are required.", path, path)
	case len(stat.Metric.Dimensions) > maxDimensions:
		return broken("The collection %s.Metric.Dimensions must not have a size greater than %d.", path, maxDimensions)
	case stat.Stat == nil:
		return broken("The parameter %s.Stat is required.", path)
	case !isStatistic(*stat.Stat):
		return broken("The value %s for parameter %s.Stat is not supported.", *stat.Stat, path)
	case stat.Period == nil || !isPeriod(int64(*stat.Period)):
		return broken("The parameter %s.Period must be 1, 5, 10, 20, 30 or a multiple of 60.", path)
	case stat.Unit != "" && !slices.Contains(units, stat.Unit):
		return broken("The value %s for parameter %s.Unit is invalid.", stat.Unit, path)
	}
	return nil
}

// broken is the error of GetMetricData for an input that is not valid.
func broken(format string, args ...any) error {
	return api.Errorf(cloudwatchapi.Validation, format, args...)
}
