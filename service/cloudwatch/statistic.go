package cloudwatch

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// isStatistic reports whether there is a statistic with the name: one of the
// five, or a percentile.
func isStatistic(name string) bool {
	for _, simple := range types.Statistic("").Values() {
		if name == string(simple) {
			return true
		}
	}
	_, ok := percentOf(name)
	return ok
}

// statistic returns what a statistic that there is says of a point. It reports
// false for a percentile of values that are not known.
func (p point) statistic(name string) (float64, bool) {
	switch types.Statistic(name) {
	case types.StatisticSampleCount:
		return p.count, true
	case types.StatisticSum:
		return p.sum, true
	case types.StatisticAverage:
		return p.sum / p.count, true
	case types.StatisticMinimum:
		return p.minimum, true
	case types.StatisticMaximum:
		return p.maximum, true
	}
	percent, _ := percentOf(name)
	return p.percentile(percent)
}

// percentOf reads the name of a percentile, such as p99 or p99.95. It reports
// false for every other name.
func percentOf(name string) (float64, bool) {
	digits, ok := strings.CutPrefix(name, "p")
	if !ok || strings.Trim(digits, "0123456789.") != "" || len(digits) > maxPercentDigits {
		return 0, false
	}
	percent, err := strconv.ParseFloat(digits, 64)
	return percent, err == nil && percent <= 100
}

// maxPercentDigits is the length of the longest percentile, p99.9999999999.
const maxPercentDigits = 13
