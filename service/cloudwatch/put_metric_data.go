package cloudwatch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
)

// reserved is what the namespaces begin with in which nobody but the service
// itself puts.
const reserved = "AWS/"

// PutMetricData keeps data, all of it or, when some is not valid, none. What is
// put of an entity is kept as if it were put of none.
func (s *Service) PutMetricData(ctx context.Context, in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
	if in.Namespace == nil {
		return nil, missing("Namespace")
	}
	namespace := *in.Namespace
	if !isText(namespace, maxName) || strings.HasPrefix(namespace, ":") {
		return nil, invalid("The value %s for parameter Namespace is invalid.", namespace)
	}
	if strings.HasPrefix(namespace, reserved) {
		return nil, invalid("The value %s for parameter Namespace is invalid.", reserved)
	}
	n := len(in.MetricData)
	for _, e := range in.EntityMetricData {
		n += len(e.MetricData)
	}
	if n == 0 {
		return nil, missing("MetricData")
	}
	if n > maxDatums {
		return nil, tooLong("MetricData", maxDatums)
	}
	owner, now := api.CallerOf(ctx), s.clock.Now()
	all, err := entries(nil, owner, namespace, in.MetricData, "MetricData", now)
	for i := range in.EntityMetricData {
		if err != nil {
			break
		}
		path := fmt.Sprintf("EntityMetricData.member.%d.MetricData", i+1)
		all, err = entries(all, owner, namespace, in.EntityMetricData[i].MetricData, path, now)
	}
	if err != nil {
		return nil, err
	}
	s.keep(owner.Account, all, now)
	return &cloudwatch.PutMetricDataOutput{}, nil
}

// entry is what a valid datum says.
type entry struct {
	metric         identity
	point          point
	highResolution bool
}

// entries checks data, whose list messages name by its path, and appends what they
// say.
func entries(all []entry, owner api.Caller, namespace string, data []types.MetricDatum, path string, now time.Time) ([]entry, error) {
	for i := range data {
		d := &data[i]
		p, err := pointOf(d, fmt.Sprintf("%s.member.%d", path, i+1), now)
		if err != nil {
			return nil, err
		}
		all = append(all, entry{identify(owner, namespace, *d.MetricName, d.Dimensions), p, aws.ToInt32(d.StorageResolution) == 1})
	}
	return all, nil
}

// keep keeps what was put into an account.
func (s *Service) keep(account string, all []entry, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.accounts[account]; ok {
		s.expireLocked(a, now)
	}
	for _, one := range all {
		m := s.metricLocked(one.metric, now)
		if one.point.count > 0 {
			s.growLocked(m.account, m.add(one.point, one.highResolution, now))
			s.countLocked(m, one.point)
		}
		s.evictLocked()
	}
}
