package cloudwatch

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

const (
	metricsPerPage = 500
	activeWindow   = 3 * time.Hour // what RecentlyActive means
)

// ListMetrics lists the caller's metrics, those only that match every filter.
// The token is where the next page begins.
func (s *Service) ListMetrics(ctx context.Context, in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
	after, err := base64.RawURLEncoding.DecodeString(aws.ToString(in.NextToken))
	if err != nil {
		return nil, api.Errorf(cloudwatchapi.InvalidToken, "The service failed to process the NextToken.")
	}
	if in.RecentlyActive != "" && in.RecentlyActive != types.RecentlyActivePt3h {
		return nil, invalid("The value %s for parameter RecentlyActive is invalid.", in.RecentlyActive)
	}
	caller, now := api.CallerOf(ctx), s.clock.Now()
	since := now.Add(-activeWindow).UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	metrics := s.metricsLocked(caller.Account, now)
	out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
	last := ""
	for _, key := range slices.Sorted(maps.Keys(metrics)) {
		m := metrics[key]
		if m.region != caller.Region || key <= string(after) || !m.matches(in) || in.RecentlyActive != "" && m.putMillis < since {
			continue
		}
		if len(out.Metrics) == metricsPerPage {
			out.NextToken = aws.String(base64.RawURLEncoding.EncodeToString([]byte(last)))
			break
		}
		last = key
		out.Metrics = append(out.Metrics, types.Metric{
			Namespace: aws.String(m.namespace), MetricName: aws.String(m.name), Dimensions: append([]types.Dimension{}, m.dimensions...),
		})
	}
	return out, nil
}

// matches reports whether a metric has all that is asked for. A dimension
// without a value stands for any value.
func (m *metric) matches(in *cloudwatch.ListMetricsInput) bool {
	if in.Namespace != nil && *in.Namespace != m.namespace || in.MetricName != nil && *in.MetricName != m.name {
		return false
	}
	for _, f := range in.Dimensions {
		if !slices.ContainsFunc(m.dimensions, func(d types.Dimension) bool {
			return aws.ToString(d.Name) == aws.ToString(f.Name) && (f.Value == nil || *f.Value == aws.ToString(d.Value))
		}) {
			return false
		}
	}
	return true
}
