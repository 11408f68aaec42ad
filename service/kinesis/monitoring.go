package kinesis

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// setMonitoring is what EnableEnhancedMonitoring and DisableEnhancedMonitoring
// have in common.
func (s *Service) setMonitoring(ctx context.Context, operation string, name, arn *string, enable bool, metrics []types.MetricsName) (catalog.Ref, catalog.Monitored, error) {
	ref, err := s.admit(ctx, operation, aws.ToString(name), aws.ToString(arn))
	if err != nil {
		return ref, catalog.Monitored{}, err
	}
	answer, err := s.propose(ctx, ref, &catalog.SetMonitoring{Ref: ref, Enable: enable, Metrics: singleMetrics(metrics)})
	if err != nil {
		return ref, catalog.Monitored{}, err
	}
	return ref, answer.(catalog.Monitored), nil
}

// singleMetrics spells ALL out. What AWS answers to it is not on record (spec
// data-streams §11.9).
func singleMetrics(metrics []types.MetricsName) []types.MetricsName {
	if !slices.Contains(metrics, types.MetricsNameAll) {
		return metrics
	}
	return slices.DeleteFunc(types.MetricsNameAll.Values(), func(m types.MetricsName) bool {
		return m == types.MetricsNameAll
	})
}

// monitored is how a stream shows its shard-level metrics.
func monitored(x *catalog.Stream) []types.EnhancedMetrics {
	return []types.EnhancedMetrics{{ShardLevelMetrics: metricsList(x.Monitored)}}
}

// metricsList is a list that is there also when it is empty.
func metricsList(metrics []types.MetricsName) []types.MetricsName {
	return append([]types.MetricsName{}, metrics...)
}
