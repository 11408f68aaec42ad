// Package cloudwatch keeps what clients of Kinesis put into CloudWatch, in
// memory and for a while, and gives it back.
//
// This package's API may change.
package cloudwatch

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
	"github.com/leat-io/leat/internal/clock"
)

// Options say what a Service works with.
type Options struct {
	// Clock tells the time; nil is the machine's.
	Clock clock.Clock
	// MaxBytes bounds about the memory of all metrics of all accounts. Default
	// 64 MiB.
	MaxBytes int
}

// Service carries out operations of CloudWatch. All its methods may be called
// concurrently.
type Service struct {
	clock    clock.Clock
	maxBytes int

	// mu guards all metrics and what follows.
	mu       sync.Mutex
	accounts map[string]*account // by name
	largest  accounts            // the same
	bytes    int                 // of all of them
	series   int                 // totals of all metrics
	evicted  uint64              // see Figures, as leftOut
	leftOut  uint64
}

// New returns a service without metrics.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	return &Service{clock: o.Clock, maxBytes: o.MaxBytes, accounts: map[string]*account{}}
}

// Handlers returns the operations by name.
func (s *Service) Handlers() map[string]api.Handler {
	return map[string]api.Handler{
		"PutMetricData":       api.Handle(s.PutMetricData),
		"ListMetrics":         api.Handle(s.ListMetrics),
		"GetMetricData":       api.Handle(s.GetMetricData),
		"GetMetricStatistics": api.Handle(s.GetMetricStatistics),
	}
}

// Report keeps what this server itself measures, in a namespace of AWS in which
// nobody else puts. Data are all kept or, when some are not valid, none.
func (s *Service) Report(account, region, namespace string, data []types.MetricDatum) error {
	now := s.clock.Now()
	all, err := entries(nil, api.Caller{Account: account, Region: region}, namespace, data, "MetricData", now)
	if err != nil {
		return err
	}
	s.keep(account, all, now)
	return nil
}

func invalid(format string, args ...any) error {
	return api.Errorf(cloudwatchapi.InvalidValue, format, args...)
}

func missing(name string) error {
	return api.Errorf(cloudwatchapi.Missing, "The parameter %s is required.", name)
}

func tooLong(list string, most int) error {
	return invalid("The collection %s must not have a size greater than %d.", list, most)
}
