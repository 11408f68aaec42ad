package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

// maxDatapoints is the most that one call of GetMetricStatistics gives.
const maxDatapoints = 1440

// GetMetricStatistics gives the statistics of a metric in periods from the start
// on, one datapoint for each period and unit in which something was put.
//
// Percentiles are of the values that were put. Where statistics were put and not
// values, there are none, and of a period without any there is no datapoint.
// Other extended statistics are refused.
func (s *Service) GetMetricStatistics(ctx context.Context, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	if err := checkStatistics(in); err != nil {
		return nil, err
	}
	id := identify(api.CallerOf(ctx), *in.Namespace, *in.MetricName, in.Dimensions)
	out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	asked := newSpan(*in.StartTime, *in.EndTime, *in.Period)
	asked.unit, asked.samples = in.Unit, len(in.ExtendedStatistics) > 0
	for _, p := range asked.periods(s.points(id, asked)) {
		if d := p.datapoint(in); len(in.Statistics) > 0 || len(d.ExtendedStatistics) > 0 {
			out.Datapoints = append(out.Datapoints, d)
		}
	}
	return out, nil
}

// points returns what there is of a metric, as metric.within does.
func (s *Service) points(id identity, asked span) []point {
	key, now := id.key(), s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.metricsLocked(id.account, now)[key]; ok {
		return m.within(asked, now)
	}
	return nil
}

func checkStatistics(in *cloudwatch.GetMetricStatisticsInput) error {
	for _, required := range []struct {
		name   string
		absent bool
	}{
		{"Namespace", in.Namespace == nil}, {"MetricName", in.MetricName == nil}, {"StartTime", in.StartTime == nil},
		{"EndTime", in.EndTime == nil}, {"Period", in.Period == nil},
	} {
		if required.absent {
			return missing(required.name)
		}
	}
	if err := checkSizes(in); err != nil {
		return err
	}
	if (len(in.Statistics) > 0) == (len(in.ExtendedStatistics) > 0) {
		return api.Errorf(cloudwatchapi.InvalidCombination, "Must specify either Statistics or ExtendedStatistics")
	}
	for _, name := range in.Statistics {
		if !slices.Contains(name.Values(), name) {
			return invalid("The value %s for parameter Statistics is invalid.", name)
		}
	}
	for _, name := range in.ExtendedStatistics {
		if _, ok := percentOf(name); !ok {
			return invalid("The value %s for parameter ExtendedStatistics is invalid.", name)
		}
	}
	period := int64(*in.Period)
	switch {
	case !isPeriod(period):
		return invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
	case !in.StartTime.Before(*in.EndTime):
		return invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	if n := int64(in.EndTime.Sub(*in.StartTime)/time.Second) / period; n > maxDatapoints {
		return api.Errorf(cloudwatchapi.InvalidCombination,
			"You have requested up to %d datapoints, which exceeds the limit of %d. You may reduce the datapoints requested by increasing Period, or decreasing the time range.", n, maxDatapoints)
	}
	return nil
}

func checkSizes(in *cloudwatch.GetMetricStatisticsInput) error {
	for _, list := range []struct {
		name       string
		size, most int
	}{
		{"Dimensions", len(in.Dimensions), maxDimensions},
		{"Statistics", len(in.Statistics), maxStatistics},
		{"ExtendedStatistics", len(in.ExtendedStatistics), maxExtended},
	} {
		if list.size > list.most {
			return tooLong(list.name, list.most)
		}
	}
	return nil
}

// isPeriod reports whether a metric can be asked for in periods of so many
// seconds.
func isPeriod(seconds int64) bool {
	switch seconds {
	case 1, 5, 10, 20, 30:
		return true
	}
	return seconds >= 60 && seconds%60 == 0
}

// datapoint returns what was asked for.
func (p point) datapoint(in *cloudwatch.GetMetricStatisticsInput) types.Datapoint {
	at := time.Unix(p.second, 0).UTC()
	d := types.Datapoint{Timestamp: &at, Unit: p.unit}
	for _, name := range in.Statistics {
		value, _ := p.statistic(string(name))
		switch name {
		case types.StatisticSampleCount:
			d.SampleCount = &value
		case types.StatisticSum:
			d.Sum = &value
		case types.StatisticAverage:
			d.Average = &value
		case types.StatisticMinimum:
			d.Minimum = &value
		case types.StatisticMaximum:
			d.Maximum = &value
		}
	}
	for _, name := range in.ExtendedStatistics {
		if value, ok := p.statistic(name); ok {
			if d.ExtendedStatistics == nil {
				d.ExtendedStatistics = map[string]float64{}
			}
			d.ExtendedStatistics[name] = value
		}
	}
	return d
}
