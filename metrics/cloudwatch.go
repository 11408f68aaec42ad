package metrics

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/service/cloudwatch"
)

// cloudwatchFigures are of CloudWatch as a whole.
var cloudwatchFigures = []*read[cloudwatch.Figures]{
	{figure{"", "leat_cloudwatch_metrics", "Metrics in CloudWatch.", nil, gauge},
		func(f cloudwatch.Figures) float64 { return float64(f.Metrics) }, nil},
	{figure{"", "leat_cloudwatch_memory_bytes", "Memory that they take, about.", nil, gauge},
		func(f cloudwatch.Figures) float64 { return float64(f.Bytes) }, nil},
	{figure{"", "leat_cloudwatch_evicted_metrics_total", "Metrics that had to go from CloudWatch because there was no room.", nil, counter},
		func(f cloudwatch.Figures) float64 { return float64(f.Evicted) }, nil},
	{figure{"", "leat_cloudwatch_left_out_data_total", "Data that clients put and that leat_cloudwatch_metric does not show, since it has 1000 series already or their names are too long.", nil, counter},
		func(f cloudwatch.Figures) float64 { return float64(f.LeftOut) }, nil},
}

// seriesFigure is bounded by what the service has at most.
var seriesFigure = &figure{"", "leat_cloudwatch_metric",
	"Sum and number of the values that clients put into CloudWatch, in the unit that they named.",
	[]string{"account", "region", "namespace", "metric", "dimensions", "unit"}, summary}

func (c *collector) collectCloudWatch(out chan<- prometheus.Metric) {
	show(c, out, cloudwatchFigures, c.CloudWatch.Figures())
	c.CloudWatch.EachSeries(func(s cloudwatch.Series) {
		out <- prometheus.MustNewConstSummary(c.descs[seriesFigure], uint64(min(s.Count, maxCount)), s.Sum, nil,
			s.Account, s.Region, s.Namespace, s.Name, labelOf(s.Dimensions), string(s.Unit))
	})
}

// maxCount is more than is ever counted, and keeps a client's number in the
// range of Prometheus'.
const maxCount = 1 << 62

var escapes = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `=`, `\=`)

// labelOf writes dimensions as one label, A=x,B=y, no two in the same way.
func labelOf(dimensions []types.Dimension) string {
	parts := make([]string, len(dimensions))
	for i, d := range dimensions {
		parts[i] = escapes.Replace(aws.ToString(d.Name)) + "=" + escapes.Replace(aws.ToString(d.Value))
	}
	return strings.Join(parts, ",")
}
