package summaries_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leat-io/leat/internal/summaries"
)

var began = time.Unix(1_700_000_000, 0)

func set(name, unit string, at time.Duration, count, sum, least, most float64, dimensions ...summaries.Dimension) summaries.Set {
	return summaries.Set{Name: name, Unit: unit, Dimensions: dimensions, At: began.Add(at), Count: count, Sum: sum, Least: least, Most: most}
}

func add(s *summaries.Summaries, sets ...summaries.Set) { s.Add(slices.Values(sets)) }

// shown returns what Prometheus reads.
func shown(s *summaries.Summaries) string {
	registry := prometheus.NewRegistry()
	registry.MustRegister(s)
	page := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	return page.Body.String()
}

func TestAdd(t *testing.T) {
	s := summaries.New("kcl", "Operation", "ShardId")
	task, first := summaries.Dimension{Name: "Operation", Value: "ProcessTask"}, summaries.Dimension{Name: "ShardId", Value: "shardId-0"}
	other := summaries.Dimension{Name: "Else", Value: "left out"}
	add(s,
		set("KinesisDataFetcher.getRecords.Time", "Milliseconds", 0, 2, 30, 10, 20, task, first),
		set("LeaderDecider:IsLeader", "Count", 0, 1, 1, 1, 1, other),
		set("TakeKB", "Count", 0, 1, 5, 5, 5))
	add(s, set("KinesisDataFetcher.getRecords.Time", "Milliseconds", time.Minute, 1, 12, 12, 12, first, task))
	want := `# HELP kcl_kinesis_data_fetcher_get_records_time KinesisDataFetcher.getRecords.Time, in Milliseconds.
# TYPE kcl_kinesis_data_fetcher_get_records_time summary
kcl_kinesis_data_fetcher_get_records_time{operation="ProcessTask",shard_id="shardId-0",quantile="0"} 12
kcl_kinesis_data_fetcher_get_records_time{operation="ProcessTask",shard_id="shardId-0",quantile="1"} 12
kcl_kinesis_data_fetcher_get_records_time_sum{operation="ProcessTask",shard_id="shardId-0"} 42
kcl_kinesis_data_fetcher_get_records_time_count{operation="ProcessTask",shard_id="shardId-0"} 3
# HELP kcl_leader_decider_is_leader LeaderDecider:IsLeader, in Count.
# TYPE kcl_leader_decider_is_leader summary
kcl_leader_decider_is_leader{operation="",shard_id="",quantile="0"} 1
kcl_leader_decider_is_leader{operation="",shard_id="",quantile="1"} 1
kcl_leader_decider_is_leader_sum{operation="",shard_id=""} 1
kcl_leader_decider_is_leader_count{operation="",shard_id=""} 1
# HELP kcl_take_kb TakeKB, in Count.
# TYPE kcl_take_kb summary
kcl_take_kb{operation="",shard_id="",quantile="0"} 5
kcl_take_kb{operation="",shard_id="",quantile="1"} 5
kcl_take_kb_sum{operation="",shard_id=""} 5
kcl_take_kb_count{operation="",shard_id=""} 1
`
	if got := shown(s); got != want {
		t.Errorf("shown is\n%s\nnot\n%s", got, want)
	}
}

// TestAnyValue shows a dimension that is no text.
func TestAnyValue(t *testing.T) {
	s := summaries.New("kcl", "WorkerIdentifier")
	add(s, set("TakenLeases", "Count", 0, 1, 1, 1, 1, summaries.Dimension{Name: "WorkerIdentifier", Value: "a\xffb"}))
	if got, want := shown(s), "kcl_taken_leases_count{worker_identifier=\"a\uFFFDb\"} 1\n"; !strings.Contains(got, want) {
		t.Errorf("shown is\n%s\nwithout\n%s", got, want)
	}
}

// TestIdle has a shard end: its series goes an hour later, and the others stay.
func TestIdle(t *testing.T) {
	s := summaries.New("kpl", "ShardId")
	old, open := summaries.Dimension{Name: "ShardId", Value: "0"}, summaries.Dimension{Name: "ShardId", Value: "1"}
	add(s, set("UserRecordsPut", "Count", 0, 1, 1, 1, 1, old), set("UserRecordsPut", "Count", 0, 1, 1, 1, 1, open))
	add(s, set("UserRecordsPut", "Count", time.Hour, 1, 1, 1, 1, open))
	if n := strings.Count(shown(s), "_count{"); n != 2 {
		t.Fatalf("%d series after an hour", n)
	}
	add(s, set("UserRecordsPut", "Count", time.Hour+time.Second, 1, 1, 1, 1, open))
	want := `# HELP kpl_user_records_put UserRecordsPut, in Count.
# TYPE kpl_user_records_put summary
kpl_user_records_put{shard_id="1",quantile="0"} 1
kpl_user_records_put{shard_id="1",quantile="1"} 1
kpl_user_records_put_sum{shard_id="1"} 3
kpl_user_records_put_count{shard_id="1"} 3
`
	if got := shown(s); got != want {
		t.Errorf("shown is\n%s\nnot\n%s", got, want)
	}
}
