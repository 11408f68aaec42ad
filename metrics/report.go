package metrics

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/service/cloudwatch"
	"github.com/leat-io/leat/service/kinesis"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// ReportInterval is how often Reporter.Report is to be called, as often as AWS
// has a figure.
const ReportInterval = time.Minute

// sampleCount stands behind the name of a figure that says of how many calls
// another one is.
const sampleCount = " (SampleCount)"

// Reporter puts into CloudWatch, in the namespace AWS/Kinesis, what the streams
// have counted. It is for one goroutine.
type Reporter struct {
	kinesis    *kinesis.Service
	cloudwatch *cloudwatch.Service
	// last and next are what was read of each subject, a pointer to its
	// metrics, by the Report before this one and by this one. So those of what
	// is gone go.
	last, next map[any]readings
}

// readings are what figures said, by their names in Prometheus.
type readings map[string]reading

type reading struct {
	value float64
	times histogram.Snapshot
}

// NewReporter returns a reporter that has reported nothing yet.
func NewReporter(k *kinesis.Service, c *cloudwatch.Service) *Reporter {
	return &Reporter{kinesis: k, cloudwatch: c}
}

// Report puts what was counted since the last Report, at the time given. What
// did not change is left out.
func (r *Reporter) Report(at time.Time) error {
	r.next = map[any]readings{}
	var errs []error
	r.kinesis.EachMetrics(func(x *catalog.Stream, m streamMetrics) {
		data := changes(r, streamFigures, m, "StreamName", x.Name)
		m.EachConsumer(x, func(name string, m consumerMetrics) {
			data = append(data, changes(r, consumerFigures, m, "StreamName", x.Name, "ConsumerName", name)...)
		})
		m.EachShard(x, func(id stream.ShardID, m shardMetrics) {
			data = append(data, shardChanges(r, x, id, m)...)
		})
		for i := range data {
			data[i].Timestamp = &at
		}
		if err := r.cloudwatch.Report(x.Account, x.Region, "AWS/Kinesis", data); err != nil {
			errs = append(errs, fmt.Errorf("report the metrics of %s: %w", x.ARN(), err))
		}
	})
	r.last = r.next
	return errors.Join(errs...)
}

// changes returns what the figures of m have counted since they were last read.
// Dimensions are names and values in turn.
func changes[M comparable](r *Reporter, reads []*read[M], m M, dimensions ...string) (data []types.MetricDatum) {
	last, next := r.last[m], readings{}
	r.next[m] = next
	calls := map[string]float64{} // by the name of the figure that they are of
	for _, f := range reads {
		if of, ok := strings.CutSuffix(f.aws, sampleCount); ok {
			next[f.name] = reading{value: f.value(m)}
			calls[of] = next[f.name].value - last[f.name].value
		}
	}
	for _, f := range reads {
		if strings.HasSuffix(f.aws, sampleCount) {
			continue
		}
		var s *types.StatisticSet
		if f.kind == spread {
			next[f.name] = reading{times: f.times(m)}
			s = spreadSince(next[f.name].times, last[f.name].times)
		} else {
			sum := f.value(m) - last[f.name].value
			if n, ok := calls[f.aws]; ok {
				// Successes of calls that came after the calls were read are of
				// the next Report.
				sum = min(sum, n)
				s = shareOf(sum, n)
			} else if sum != 0 {
				s = statistics(1, sum, sum, sum)
			}
			next[f.name] = reading{value: last[f.name].value + sum}
		}
		if s != nil {
			data = append(data, types.MetricDatum{MetricName: &f.aws, Unit: f.unit(), StatisticValues: s, Dimensions: pairs(dimensions)})
		}
	}
	return data
}

// shardChanges returns of the changes of a shard those that are enabled. All are
// read, so that one that is enabled later is counted from then on.
func shardChanges(r *Reporter, x *catalog.Stream, id stream.ShardID, m shardMetrics) []types.MetricDatum {
	all := changes(r, shardFigures, m, "StreamName", x.Name, "ShardId", id.String())
	return slices.DeleteFunc(all, func(d types.MetricDatum) bool { return !monitors(x, *d.MetricName) })
}

// unit returns the unit that a figure has in AWS.
func (f *figure) unit() types.StandardUnit {
	switch {
	case f.kind == spread:
		return types.StandardUnitMilliseconds
	case strings.HasSuffix(f.aws, "Bytes"):
		return types.StandardUnitBytes
	}
	return types.StandardUnitCount
}

// shareOf returns the statistics of so many calls, 1 for each that succeeded and 0
// for the others. It returns nil when there were none.
func shareOf(successes, calls float64) *types.StatisticSet {
	if calls == 0 {
		return nil
	}
	least, most := 0.0, 0.0
	if successes == calls {
		least = 1
	}
	if successes > 0 {
		most = 1
	}
	return statistics(calls, successes, least, most)
}

// spreadSince returns the statistics, in milliseconds, of the times that are in
// now and were not before. Their number and sum are known, the least and the
// most as well as the bounds tell.
func spreadSince(now, before histogram.Snapshot) *types.StatisticSet {
	count, least, most := 0.0, 0.0, 0.0
	for i, n := range now.Counts {
		if before.Counts != nil {
			n -= before.Counts[i]
		}
		if n == 0 {
			continue
		}
		if count == 0 && i > 0 {
			least = millis(now.Bounds[i-1])
		}
		most = millis(now.Bounds[min(i, len(now.Bounds)-1)])
		count += float64(n)
	}
	if count == 0 {
		return nil
	}
	sum := max(0, millis(now.Sum-before.Sum))
	average := sum / count
	return statistics(count, sum, min(least, average), max(min(most, sum), average))
}

func statistics(count, sum, least, most float64) *types.StatisticSet {
	return &types.StatisticSet{SampleCount: &count, Sum: &sum, Minimum: &least, Maximum: &most}
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// pairs returns names and values as dimensions.
func pairs(of []string) (dimensions []types.Dimension) {
	for i := 0; i < len(of); i += 2 {
		dimensions = append(dimensions, types.Dimension{Name: aws.String(of[i]), Value: aws.String(of[i+1])})
	}
	return dimensions
}
