// Package cloudwatch keeps what clients of Kinesis put into CloudWatch, in
// memory and for a while, and gives it back.
//
// This package's API may change.
package cloudwatch

import (
	"container/list"
	"sync"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
	"github.com/leat-io/leat/internal/clock"
)

// Options say what a Service works with.
type Options struct {
	// Clock tells the time; nil is the machine's.
	Clock clock.Clock
}

// Service carries out operations of CloudWatch. All its methods may be called
// concurrently.
type Service struct {
	clock clock.Clock

	mu      sync.Mutex
	metrics map[string]*metric // by key
	byPut   *list.List         // of them, the one that was put longest ago first
	bytes   int                // of all of them; see maxBytes
}

// New returns a service without metrics.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	return &Service{clock: o.Clock, metrics: map[string]*metric{}, byPut: list.New()}
}

// Handlers returns the operations by name.
func (s *Service) Handlers() map[string]api.Handler {
	return map[string]api.Handler{
		"PutMetricData":       api.Handle(s.PutMetricData),
		"ListMetrics":         api.Handle(s.ListMetrics),
		"GetMetricStatistics": api.Handle(s.GetMetricStatistics),
	}
}

func invalid(format string, args ...any) error {
	return api.Errorf(cloudwatchapi.InvalidValue, format, args...)
}

func missing(name string) error {
	return api.Errorf(cloudwatchapi.Missing, "The parameter %s is required.", name)
}
