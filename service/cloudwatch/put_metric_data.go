package cloudwatch

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

// Limits of the API.
const (
	maxDatums     = 1000
	maxValues     = 150
	maxDimensions = 30
	maxName       = 255
	maxValueText  = 1024
	maxBehind     = 14 * 24 * time.Hour
	maxAhead      = 2 * time.Hour
)

// units are what a value can be counted in.
var units = types.StandardUnit("").Values()

// PutMetricData keeps data, all of it or, when some is not valid, none.
func (s *Service) PutMetricData(ctx context.Context, in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
	now := s.clock.Now()
	if in.Namespace == nil {
		return nil, missing("Namespace")
	}
	namespace := *in.Namespace
	if namespace == "" || len(namespace) > maxName || strings.HasPrefix(namespace, ":") {
		return nil, invalid("The value %s for parameter Namespace is invalid.", namespace)
	}
	if strings.HasPrefix(namespace, "AWS/") {
		return nil, invalid("The value AWS/ for parameter Namespace is invalid.")
	}
	if len(in.MetricData) == 0 {
		return nil, missing("MetricData")
	}
	if len(in.MetricData) > maxDatums {
		return nil, invalid("The collection MetricData must not have a size greater than %d.", maxDatums)
	}
	points := make([]point, len(in.MetricData))
	for i := range in.MetricData {
		var err error
		if points[i], err = pointOf(&in.MetricData[i], now); err != nil {
			return nil, err
		}
	}
	owner := ownerOf(api.CallerOf(ctx))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, d := range in.MetricData {
		dimensions := sorted(d.Dimensions)
		key := keyOf(owner, namespace, *d.MetricName, dimensions)
		m := s.metric(metric{key: key, owner: owner, namespace: namespace, name: *d.MetricName, dimensions: dimensions})
		m.putMillis = now.UnixMilli()
		if points[i].count > 0 {
			s.bytes += m.add(points[i])
		}
		s.evict()
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

// pointOf checks a datum and returns what it says.
func pointOf(d *types.MetricDatum, now time.Time) (point, error) {
	p := point{unit: d.Unit}
	if err := checkNames(d); err != nil {
		return p, err
	}
	if p.unit == "" {
		p.unit = types.StandardUnitNone
	}
	unit := slices.Index(units, p.unit)
	if unit < 0 {
		return p, invalid("The parameter MetricData.member.Unit must be a value in the set %v.", units)
	}
	p.unit = units[unit] // not the caller's memory, which is for this one call
	period := int64(60)
	switch aws.ToInt32(d.StorageResolution) {
	case 1:
		period = 1
	case 60:
	default:
		if d.StorageResolution != nil {
			return p, invalid("The parameter MetricData.member.StorageResolution must be 1 or 60.")
		}
	}
	at := now
	if d.Timestamp != nil {
		at = *d.Timestamp
	}
	if at.Before(now.Add(-maxBehind)) || at.After(now.Add(maxAhead)) {
		return p, invalid("The parameter MetricData.member.Timestamp must specify a time within the past two weeks and no more than two hours in the future.")
	}
	p.second = at.Unix() - at.Unix()%period
	return p, p.fill(d)
}

// checkNames checks the name and the dimensions of a datum.
func checkNames(d *types.MetricDatum) error {
	if d.MetricName == nil {
		return missing("MetricData.member.MetricName")
	}
	if *d.MetricName == "" || len(*d.MetricName) > maxName {
		return invalid("The value %s for parameter MetricData.member.MetricName is invalid.", *d.MetricName)
	}
	if len(d.Dimensions) > maxDimensions {
		return invalid("The collection MetricData.member.Dimensions must not have a size greater than %d.", maxDimensions)
	}
	for _, e := range d.Dimensions {
		if e.Name == nil || e.Value == nil {
			return missing("MetricData.member.Dimensions.member.Name and Value")
		}
		if *e.Name == "" || len(*e.Name) > maxName || strings.HasPrefix(*e.Name, ":") || *e.Value == "" || len(*e.Value) > maxValueText {
			return invalid("The dimension %s with the value %s is invalid.", *e.Name, *e.Value)
		}
	}
	return nil
}

// fill reads the one of the three forms of values that a datum has.
func (p *point) fill(d *types.MetricDatum) error {
	forms := 0
	for _, has := range []bool{d.Value != nil, d.StatisticValues != nil, len(d.Values) > 0} {
		if has {
			forms++
		}
	}
	switch {
	case forms == 0:
		return missing("MetricData.member.Value")
	case forms > 1:
		return api.Errorf(cloudwatchapi.InvalidCombination,
			"The parameters MetricData.member.Value, MetricData.member.Values and MetricData.member.StatisticValues are mutually exclusive and you have specified more than one.")
	case d.Value != nil:
		p.count, p.sum, p.minimum, p.maximum = 1, *d.Value, *d.Value, *d.Value
	case d.StatisticValues != nil:
		v := d.StatisticValues
		if v.SampleCount == nil || v.Sum == nil || v.Minimum == nil || v.Maximum == nil {
			return missing("MetricData.member.StatisticValues")
		}
		if *v.Minimum > *v.Maximum {
			return invalid("The parameter MetricData.member.StatisticValues.Maximum must be greater than MetricData.member.StatisticValues.Minimum.")
		}
		p.count, p.sum, p.minimum, p.maximum = *v.SampleCount, *v.Sum, *v.Minimum, *v.Maximum
	default:
		return p.fillValues(d)
	}
	return p.check()
}

func (p *point) fillValues(d *types.MetricDatum) error {
	if len(d.Values) > maxValues {
		return invalid("The collection MetricData.member.Values must not have a size greater than %d.", maxValues)
	}
	if len(d.Counts) > 0 && len(d.Counts) != len(d.Values) {
		return invalid("The parameters MetricData.member.Values and MetricData.member.Counts must be of the same size.")
	}
	for i, v := range d.Values {
		n := 1.0
		if len(d.Counts) > 0 {
			n = d.Counts[i]
		}
		q := point{second: p.second, unit: p.unit, count: n, sum: n * v, minimum: v, maximum: v}
		if err := q.check(); err != nil {
			return err
		}
		*p = p.with(q)
	}
	return nil
}

// check refuses what is no number, or beyond the range of CloudWatch.
func (p *point) check() error {
	for _, v := range []float64{p.count, p.sum, p.minimum, p.maximum} {
		if math.IsNaN(v) || math.Abs(v) > math.Pow(2, 360) {
			return invalid("The value %v for parameter MetricData.member.Value is invalid.", v)
		}
	}
	if p.count < 0 {
		return invalid("The value %v for parameter MetricData.member.StatisticValues.SampleCount is invalid.", p.count)
	}
	return nil
}
