package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

// maxDatapoints is the most that one call of GetMetricStatistics gives.
const maxDatapoints = 1440

// GetMetricStatistics gives the statistics of a metric in periods from the start
// on, one datapoint for each period and unit in which something was put.
// Percentiles are refused: single values are not kept.
func (s *Service) GetMetricStatistics(ctx context.Context, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	if err := checkStatistics(in); err != nil {
		return nil, err
	}
	key := keyOf(ownerOf(api.CallerOf(ctx)), *in.Namespace, *in.MetricName, sorted(in.Dimensions))
	start, end, period := in.StartTime.Unix(), in.EndTime.Unix(), int64(*in.Period)
	start -= start % min(period, 60)
	type slot struct {
		second int64
		unit   types.StandardUnit
	}
	slots := map[slot]point{}
	s.mu.Lock()
	if m, ok := s.metrics[key]; ok {
		for _, p := range m.points {
			if p.second < start || p.second >= end || in.Unit != "" && in.Unit != p.unit {
				continue
			}
			at := slot{p.second - (p.second-start)%period, p.unit}
			if q, again := slots[at]; again {
				p = q.with(p)
			}
			slots[at] = p
		}
	}
	s.mu.Unlock()
	out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	for at, p := range slots {
		out.Datapoints = append(out.Datapoints, p.datapoint(time.Unix(at.second, 0).UTC(), in.Statistics))
	}
	slices.SortFunc(out.Datapoints, func(a, b types.Datapoint) int { return a.Timestamp.Compare(*b.Timestamp) })
	return out, nil
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
	period := int64(*in.Period)
	switch {
	case len(in.ExtendedStatistics) > 0:
		return invalid("This server does not serve the parameter ExtendedStatistics yet.")
	case len(in.Statistics) == 0:
		return missing("Statistics")
	case period != 1 && period != 5 && period != 10 && period != 20 && period != 30 && (period < 60 || period%60 != 0):
		return invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
	case !in.StartTime.Before(*in.EndTime):
		return invalid("The parameter StartTime must be less than the parameter EndTime.")
	case int64(in.EndTime.Sub(*in.StartTime)/time.Second)/period > maxDatapoints:
		return api.Errorf(cloudwatchapi.InvalidCombination,
			"You have requested up to more datapoints than the limit of %d. You may reduce the datapoints requested by increasing Period, or decreasing the time range.", maxDatapoints)
	}
	return nil
}

func (p point) datapoint(at time.Time, asked []types.Statistic) types.Datapoint {
	d := types.Datapoint{Timestamp: &at, Unit: p.unit}
	for _, statistic := range asked {
		switch statistic {
		case types.StatisticSampleCount:
			d.SampleCount = aws.Float64(p.count)
		case types.StatisticSum:
			d.Sum = aws.Float64(p.sum)
		case types.StatisticAverage:
			d.Average = aws.Float64(p.sum / p.count)
		case types.StatisticMinimum:
			d.Minimum = aws.Float64(p.minimum)
		case types.StatisticMaximum:
			d.Maximum = aws.Float64(p.maximum)
		}
	}
	return d
}
