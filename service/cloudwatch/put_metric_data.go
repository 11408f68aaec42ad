package cloudwatch

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

// reserved is what the namespaces begin with in which nobody but the service
// itself puts.
const reserved = "AWS/"

// units are what a value can be counted in.
var units = types.StandardUnit("").Values()

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
	data := in.MetricData
	for _, e := range in.EntityMetricData {
		data = append(data[:len(data):len(data)], e.MetricData...)
	}
	if len(data) == 0 {
		return nil, missing("MetricData")
	}
	if len(data) > maxDatums {
		return nil, tooLong("MetricData", maxDatums)
	}
	if err := s.keep(api.CallerOf(ctx), namespace, data); err != nil {
		return nil, err
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

// keep keeps data, all of it or, when some is not valid, none.
func (s *Service) keep(owner api.Caller, namespace string, data []types.MetricDatum) error {
	now := s.clock.Now()
	points := make([]point, len(data))
	for i := range data {
		var err error
		if points[i], err = pointOf(&data[i], now); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.accounts[owner.Account]; ok {
		s.expireLocked(a, now)
	}
	for i, d := range data {
		m := s.metricLocked(identify(owner, namespace, *d.MetricName, d.Dimensions), now)
		if points[i].count > 0 {
			s.growLocked(m.account, m.add(points[i], aws.ToInt32(d.StorageResolution) == 1, now))
			s.countLocked(m, points[i])
		}
		s.evictLocked()
	}
	return nil
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
	if r := d.StorageResolution; r != nil && *r != 1 && *r != 60 {
		return p, invalid("The parameter MetricData.member.StorageResolution must be 1 or 60.")
	}
	at := now
	if d.Timestamp != nil {
		at = *d.Timestamp
	}
	if at.Before(now.Add(-maxBehind)) || at.After(now.Add(maxAhead)) {
		return p, invalid("The parameter MetricData.member.Timestamp must specify a time within the past two weeks and no more than two hours in the future.")
	}
	p.second = at.Unix()
	return p, p.fill(d)
}

// checkNames checks the name and the dimensions of a datum.
func checkNames(d *types.MetricDatum) error {
	if d.MetricName == nil {
		return missing("MetricData.member.MetricName")
	}
	if !isText(*d.MetricName, maxName) {
		return invalid("The value %s for parameter MetricData.member.MetricName is invalid.", *d.MetricName)
	}
	if len(d.Dimensions) > maxDimensions {
		return invalid("The collection MetricData.member.Dimensions must not have a size greater than %d.", maxDimensions)
	}
	for _, e := range d.Dimensions {
		if e.Name == nil || e.Value == nil {
			return missing("MetricData.member.Dimensions.member.Name and Value")
		}
		if !isText(*e.Name, maxName) || strings.HasPrefix(*e.Name, ":") || !isText(*e.Value, maxValueText) {
			return invalid("The dimension %s with the value %s is invalid.", *e.Name, *e.Value)
		}
	}
	return nil
}

// isText reports whether a name or value is one: neither empty nor too long, and
// without control characters.
func isText(text string, most int) bool {
	return text != "" && len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
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
		*p = only(p.second, p.unit, *d.Value, 1)
	case d.StatisticValues != nil:
		v := d.StatisticValues
		if v.SampleCount == nil || v.Sum == nil || v.Minimum == nil || v.Maximum == nil {
			return missing("MetricData.member.StatisticValues")
		}
		if *v.Minimum > *v.Maximum {
			return invalid("The parameter MetricData.member.StatisticValues.Maximum must be greater than MetricData.member.StatisticValues.Minimum.")
		}
		p.count, p.sum, p.minimum, p.maximum = *v.SampleCount, *v.Sum, *v.Minimum, *v.Maximum
		if p.minimum == p.maximum && p.count > 0 {
			p.samples = []sample{{p.minimum, p.count}}
		}
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
	ones := make([]point, len(d.Values))
	for i, v := range d.Values {
		n := 1.0
		if len(d.Counts) > 0 {
			n = d.Counts[i]
		}
		ones[i] = only(p.second, p.unit, v, n)
		if err := ones[i].check(); err != nil {
			return err
		}
	}
	*p = together(ones)
	return nil
}

// together puts points of one time and unit into one, in halves: one after the
// other, the first would be copied for each.
func together(points []point) point {
	if len(points) == 1 {
		return points[0]
	}
	middle := len(points) / 2
	return together(points[:middle]).with(together(points[middle:]))
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
