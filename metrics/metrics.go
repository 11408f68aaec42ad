// Package metrics shows what the rooms of a server count in the form of
// Prometheus. The rooms themselves know nothing of it: they have counters, and
// this package has the tables that name them.
//
// Nothing is built before somebody asks, so that a server nobody watches pays
// nothing. This package's API may change.
package metrics

import (
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/internal/histogram"
	"github.com/leat-io/leat/service/cloudwatch"
	"github.com/leat-io/leat/service/dynamodb"
	"github.com/leat-io/leat/service/kinesis"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage/disklog"
	"github.com/leat-io/leat/wire"
)

// Sources are what there is to show. All but Log are required.
type Sources struct {
	Wire       *wire.Metrics
	Faults     *fault.Injector
	Kinesis    *kinesis.Service
	Catalog    *catalog.Catalog
	DynamoDB   *dynamodb.Service
	CloudWatch *cloudwatch.Service
	Log        *disklog.Log // nil when everything is in memory
}

// Handler returns what answers GET /metrics. With a registry it shows all that
// is registered there, which the caller had Collector become a part of; with
// nil, one of its own, which also has the figures of Go's runtime, of the process
// and of the build.
func Handler(registry *prometheus.Registry, s Sources) http.Handler {
	serve := sync.OnceValue(func() http.Handler {
		if registry == nil {
			registry = prometheus.NewRegistry()
			registry.MustRegister(Collector(s), collectors.NewBuildInfoCollector(), collectors.NewGoCollector(),
				collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		}
		return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve().ServeHTTP(w, r) })
}

// Collector returns the figures of the sources.
func Collector(s Sources) prometheus.Collector {
	return &collector{s, described(tables)}
}

// collector reads the sources each time it is asked. It is safe for concurrent
// use.
type collector struct {
	Sources
	descs map[*figure]*prometheus.Desc
}

// figure is one metric: what it is called and what it tells.
type figure struct {
	aws    string // its name in AWS/Kinesis, empty when it has none there
	name   string
	help   string
	labels []string
	kind   kind
}

// kind is a type of metric.
type kind string

const (
	counter kind = "counter"
	gauge   kind = "gauge"
	spread  kind = "histogram"
	summary kind = "summary" // without quantiles
)

// tables lists all figures, in the order of docs/guide/metrics.md.
var tables = concat(
	figuresOf(streamFigures), figuresOf(consumerFigures), figuresOf(shardFigures), figuresOf(serviceFigures),
	figuresOf(storageFigures), figuresOf(wireFigures), []*figure{requestsFigure, protocolsFigure, durationsFigure},
	figuresOf(dynamodbFigures), figuresOf(cloudwatchFigures), []*figure{seriesFigure},
)

func concat(lists ...[]*figure) (all []*figure) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// read is a figure and how it is read from an M: by value, or by times when it
// is a spread.
type read[M any] struct {
	figure
	value func(m M) float64
	times func(m M) histogram.Snapshot
}

func figuresOf[M any](reads []*read[M]) []*figure {
	list := make([]*figure, len(reads))
	for i, r := range reads {
		list[i] = &r.figure
	}
	return list
}

// described makes what a registry wants to know of each figure.
func described(figures []*figure) map[*figure]*prometheus.Desc {
	descs := make(map[*figure]*prometheus.Desc, len(figures))
	for _, f := range figures {
		descs[f] = prometheus.NewDesc(f.name, f.help, f.labels, nil)
	}
	return descs
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	c.collectKinesis(out)
	c.collectStorage(out)
	c.collectWire(out)
	c.collectDynamoDB(out)
	c.collectCloudWatch(out)
}

// show sends the figures of m.
func show[M any](c *collector, out chan<- prometheus.Metric, reads []*read[M], m M, labels ...string) {
	for _, r := range reads {
		if r.kind == spread {
			out <- c.spread(&r.figure, r.times(m), labels...)
		} else {
			out <- c.number(&r.figure, r.value(m), labels...)
		}
	}
}

// number returns a counter or gauge.
func (c *collector) number(f *figure, value float64, labels ...string) prometheus.Metric {
	kind := prometheus.CounterValue
	if f.kind == gauge {
		kind = prometheus.GaugeValue
	}
	return prometheus.MustNewConstMetric(c.descs[f], kind, value, labels...)
}

// spread returns a histogram in seconds.
func (c *collector) spread(f *figure, s histogram.Snapshot, labels ...string) prometheus.Metric {
	buckets, count := make(map[float64]uint64, len(s.Bounds)), uint64(0)
	for i, bound := range s.Bounds {
		count += s.Counts[i]
		buckets[bound.Seconds()] = count
	}
	count += s.Counts[len(s.Bounds)]
	return prometheus.MustNewConstHistogram(c.descs[f], count, s.Sum.Seconds(), buckets, labels...)
}
