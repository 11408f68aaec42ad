package kplprom_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leat-io/leat/producer"
	"github.com/leat-io/leat/producer/kplprom"
)

// A producer is given the sink with producer.WithMetrics(sink).
func Example() {
	sink := kplprom.New()
	registry := prometheus.NewRegistry()
	registry.MustRegister(sink)
	err := sink.PutMetrics(context.Background(), []producer.Metric{
		{Name: producer.UserRecordsPut, Unit: "Count", SampleCount: 3, Sum: 2, Maximum: 1},
		{Name: producer.UserRecordsPut, Unit: "Count", SampleCount: 3, Sum: 2, Maximum: 1, Dimensions: []producer.Dimension{
			{Name: "StreamName", Value: "orders"},
		}},
		{Name: producer.UserRecordsPut, Unit: "Count", SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1, Dimensions: []producer.Dimension{
			{Name: "StreamName", Value: "orders"}, {Name: "ShardId", Value: "shardId-000000000000"},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}

	page := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(page.Body.String()) {
		if strings.Contains(line, "_sum") || strings.Contains(line, "_count") {
			fmt.Print(line)
		}
	}
	// Output:
	// kpl_shard_user_records_put_sum{error_code="",shard_id="shardId-000000000000",stream_name="orders"} 1
	// kpl_shard_user_records_put_count{error_code="",shard_id="shardId-000000000000",stream_name="orders"} 1
	// kpl_user_records_put_sum{error_code="",stream_name="orders"} 2
	// kpl_user_records_put_count{error_code="",stream_name="orders"} 3
}
