package cloudwatch

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

// units are what a value can be counted in.
var units = types.StandardUnit("").Values()

// pointOf checks a datum, which messages name by its path, and returns what it
// says.
func pointOf(d *types.MetricDatum, path string, now time.Time) (point, error) {
	p := point{unit: d.Unit}
	if err := checkNames(d, path); err != nil {
		return p, err
	}
	if p.unit == "" {
		p.unit = types.StandardUnitNone
	}
	unit := slices.Index(units, p.unit)
	if unit < 0 {
		return p, invalid("The parameter %s.Unit must be a value in the set %v.", path, units)
	}
	p.unit = units[unit] // not the caller's memory, which is for this one call
	if r := d.StorageResolution; r != nil && *r != 1 && *r != 60 {
		return p, invalid("The parameter %s.StorageResolution must be 1 or 60.", path)
	}
	at := now
	if d.Timestamp != nil {
		at = *d.Timestamp
	}
	if at.Before(now.Add(-maxBehind)) || at.After(now.Add(maxAhead)) {
		return p, invalid("The parameter %s.Timestamp must specify a time within the past two weeks and no more than two hours in the future.", path)
	}
	p.second = at.Unix()
	return p, p.fill(d, path)
}

// checkNames checks the name and the dimensions of a datum.
func checkNames(d *types.MetricDatum, path string) error {
	if d.MetricName == nil {
		return missing(path + ".MetricName")
	}
	if !isText(*d.MetricName, maxName) {
		return invalid("The value %s for parameter %s.MetricName is invalid.", *d.MetricName, path)
	}
	if len(d.Dimensions) > maxDimensions {
		return tooLong(path+".Dimensions", maxDimensions)
	}
	for i, e := range d.Dimensions {
		at := fmt.Sprintf("%s.Dimensions.member.%d", path, i+1)
		if e.Name == nil {
			return missing(at + ".Name")
		}
		if e.Value == nil {
			return missing(at + ".Value")
		}
		switch {
		case !isPlain(*e.Name, maxName) || strings.HasPrefix(*e.Name, ":"):
			return invalid("The value %s for parameter %s.Name is invalid.", *e.Name, at)
		case !isPlain(*e.Value, maxValueText):
			return invalid("The value %s for parameter %s.Value is invalid.", *e.Value, at)
		}
	}
	return nil
}

// isText reports whether a name or value is one: neither empty nor too long, and
// without control characters.
func isText(text string, most int) bool {
	return text != "" && len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// isPlain reports whether a dimension's name or value is one: of ASCII, and not
// all blanks.
func isPlain(text string, most int) bool {
	return isText(text, most) && strings.TrimSpace(text) != "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// fill reads the one of the three forms of values that a datum has.
func (p *point) fill(d *types.MetricDatum, path string) error {
	forms := 0
	for _, has := range []bool{d.Value != nil, d.StatisticValues != nil, len(d.Values) > 0} {
		if has {
			forms++
		}
	}
	switch {
	case forms == 0:
		return missing(path + ".Value")
	case forms > 1:
		return api.Errorf(cloudwatchapi.InvalidCombination,
			"The parameters %[1]s.Value, %[1]s.Values and %[1]s.StatisticValues are mutually exclusive and you have specified more than one.", path)
	case d.Value != nil:
		*p = only(p.second, p.unit, *d.Value, 1)
	case d.StatisticValues != nil:
		v := d.StatisticValues
		if v.SampleCount == nil || v.Sum == nil || v.Minimum == nil || v.Maximum == nil {
			return missing(path + ".StatisticValues")
		}
		if *v.Minimum > *v.Maximum {
			return invalid("The parameter %[1]s.StatisticValues.Maximum must be greater than %[1]s.StatisticValues.Minimum.", path)
		}
		p.count, p.sum, p.minimum, p.maximum = *v.SampleCount, *v.Sum, *v.Minimum, *v.Maximum
		if p.minimum == p.maximum && p.count > 0 {
			p.samples = []sample{{p.minimum, p.count}}
		}
	default:
		return p.fillValues(d, path)
	}
	return p.check(path)
}

func (p *point) fillValues(d *types.MetricDatum, path string) error {
	if len(d.Values) > maxValues {
		return tooLong(path+".Values", maxValues)
	}
	if len(d.Counts) > 0 && len(d.Counts) != len(d.Values) {
		return invalid("The parameters %[1]s.Values and %[1]s.Counts must be of the same size.", path)
	}
	ones := make([]point, len(d.Values))
	for i, v := range d.Values {
		n := 1.0
		if len(d.Counts) > 0 {
			n = d.Counts[i]
		}
		ones[i] = only(p.second, p.unit, v, n)
		if err := ones[i].check(path); err != nil {
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
func (p *point) check(path string) error {
	most := math.Ldexp(1, 360)
	for _, v := range []float64{p.count, p.sum, p.minimum, p.maximum} {
		if math.IsNaN(v) || math.Abs(v) > most {
			return invalid("The value %v for parameter %s.Value is invalid.", v, path)
		}
	}
	// So few of a value that even their average is beyond the range would be an
	// infinite one, which no protocol can write as a number.
	if p.count < 0 || p.count > 0 && math.Abs(p.sum/p.count) > most {
		return invalid("The value %v for parameter %s.StatisticValues.SampleCount is invalid.", p.count, path)
	}
	return nil
}
