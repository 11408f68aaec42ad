package cloudwatch

import (
	"cmp"
	"context"
	"encoding/base64"
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
	if len(in.Dimensions) > maxFilters {
		return nil, tooLong("Dimensions", maxFilters)
	}
	found := first(s.find(api.CallerOf(ctx), in, string(after)))
	out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
	if len(found) > metricsPerPage {
		found = found[:metricsPerPage]
		out.NextToken = aws.String(base64.RawURLEncoding.EncodeToString([]byte(found[metricsPerPage-1].key)))
	}
	for _, m := range found {
		out.Metrics = append(out.Metrics, types.Metric{
			Namespace: aws.String(m.namespace), MetricName: aws.String(m.name), Dimensions: append([]types.Dimension{}, m.dimensions...),
		})
	}
	return out, nil
}

// find returns, in any order, the first of the caller's metrics behind a key that
// match every filter: those that first keeps, and a few more. What identifies
// them does not change.
func (s *Service) find(caller api.Caller, in *cloudwatch.ListMetricsInput, after string) (found []*metric) {
	now := s.clock.Now()
	since := now.Add(-activeWindow).UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	last := ""
	for key, m := range s.metricsLocked(caller.Account, now) {
		if m.region != caller.Region || key <= after || last != "" && key > last || in.RecentlyActive != "" && m.putMillis < since || !m.matches(in) {
			continue
		}
		if found = append(found, m); len(found) > 2*metricsPerPage {
			found = first(found)
			last = found[len(found)-1].key
		}
	}
	return found
}

// first sorts metrics, and keeps those of a page and the one behind, which tells
// that there is another page.
func first(of []*metric) []*metric {
	slices.SortFunc(of, func(a, b *metric) int { return cmp.Compare(a.key, b.key) })
	return of[:min(len(of), metricsPerPage+1)]
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
