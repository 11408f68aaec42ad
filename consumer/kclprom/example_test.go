package kclprom_test

import (
	"context"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/kclprom"
)

// A worker is given the sink with consumer.WithMetrics(sink).
func Example() {
	sink := kclprom.New()
	registry := prometheus.NewRegistry()
	registry.MustRegister(sink)
	err := sink.PutMetrics(context.Background(), []consumer.Metric{{
		Name: "MillisBehindLatest", Unit: "Milliseconds", SampleCount: 3, Sum: 60, Minimum: 10, Maximum: 30,
		Dimensions: []consumer.Dimension{{Name: "Operation", Value: "ApplicationTracker"}},
	}})
	if err != nil {
		log.Fatal(err)
	}

	page := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	page.Body.WriteTo(os.Stdout)
	// Output:
	// # HELP kcl_millis_behind_latest MillisBehindLatest, in Milliseconds.
	// # TYPE kcl_millis_behind_latest summary
	// kcl_millis_behind_latest{operation="ApplicationTracker",shard_id="",stream_id="",worker_identifier="",quantile="0"} 10
	// kcl_millis_behind_latest{operation="ApplicationTracker",shard_id="",stream_id="",worker_identifier="",quantile="1"} 30
	// kcl_millis_behind_latest_sum{operation="ApplicationTracker",shard_id="",stream_id="",worker_identifier=""} 60
	// kcl_millis_behind_latest_count{operation="ApplicationTracker",shard_id="",stream_id="",worker_identifier=""} 3
}
