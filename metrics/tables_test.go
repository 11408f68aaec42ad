package metrics

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/guide/metrics.md")

const guide = "../docs/guide/metrics.md"

// TestNames holds the names of figures to the rules of Prometheus.
func TestNames(t *testing.T) {
	good := regexp.MustCompile(`^leat_(cloudwatch|dynamodb|kinesis|storage|wire)(_[a-z]+)+$`)
	seen := map[string]bool{}
	for _, f := range tables {
		total := strings.HasSuffix(f.name, "_total")
		switch {
		case seen[f.name]:
			t.Errorf("%s twice", f.name)
		case !good.MatchString(f.name):
			t.Errorf("%s is no name", f.name)
		case total != (f.kind == counter):
			t.Errorf("%s is a %s", f.name, f.kind)
		case f.kind == spread && !strings.HasSuffix(f.name, "_seconds"):
			t.Errorf("%s is in seconds", f.name)
		case f.help == "" || !strings.HasSuffix(f.help, "."):
			t.Errorf("%s is explained by %q", f.name, f.help)
		}
		seen[f.name] = true
	}
}

// TestAWSNames compares the tables with the metrics of AWS (spec data-streams
// §22).
func TestAWSNames(t *testing.T) {
	var shards []string
	for _, r := range shardFigures {
		shards = append(shards, r.aws)
	}
	var want []string
	for _, name := range types.MetricsName("").Values() {
		if name != types.MetricsNameAll {
			want = append(want, string(name))
		}
	}
	slices.Sort(shards)
	slices.Sort(want)
	if !slices.Equal(shards, want) {
		t.Errorf("of shards: %q, want %q", shards, want)
	}
	var others []string
	for _, f := range concat(figuresOf(streamFigures), figuresOf(consumerFigures)) {
		if !strings.HasSuffix(f.aws, "(SampleCount)") {
			others = append(others, f.aws)
		}
	}
	slices.Sort(others)
	want = strings.Fields(`
		GetRecords.Bytes GetRecords.IteratorAgeMilliseconds GetRecords.Latency GetRecords.Records GetRecords.Success
		IncomingBytes IncomingRecords PutRecord.Bytes PutRecord.Latency PutRecord.Success PutRecords.Bytes
		PutRecords.FailedRecords PutRecords.Latency PutRecords.Success PutRecords.SuccessfulRecords
		PutRecords.ThrottledRecords PutRecords.TotalRecords ReadProvisionedThroughputExceeded
		SubscribeToShard.RateExceeded SubscribeToShard.Success SubscribeToShardEvent.Bytes
		SubscribeToShardEvent.MillisBehindLatest SubscribeToShardEvent.Records SubscribeToShardEvent.Success
		WriteProvisionedThroughputExceeded`)
	if !slices.Equal(others, want) {
		t.Errorf("of streams and consumers:\ngot  %q\nwant %q", others, want)
	}
}

// TestGoldenGuide compares the guide's tables with these.
func TestGoldenGuide(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	want := text
	for name, table := range map[string]string{
		"streams": awsTable(figuresOf(streamFigures)), "consumers": awsTable(figuresOf(consumerFigures)),
		"shards": awsTable(figuresOf(shardFigures)),
		"others": plainTable(concat(figuresOf(serviceFigures), []*figure{requestsFigure, protocolsFigure, durationsFigure}, figuresOf(wireFigures), figuresOf(storageFigures), figuresOf(dynamodbFigures), figuresOf(cloudwatchFigures), []*figure{seriesFigure})),
	} {
		begin, end := fmt.Appendf(nil, "<!-- table: %s -->\n", name), []byte("<!-- end -->\n")
		before, rest, ok := bytes.Cut(want, begin)
		_, after, closed := bytes.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s has no place for the table %s", guide, name)
		}
		want = slices.Concat(before, begin, []byte(table), end, after)
	}
	if bytes.Equal(text, want) {
		return
	}
	if !*update {
		t.Fatalf("%s does not say what there is; make golden rewrites it", guide)
	}
	if err := os.WriteFile(guide, want, 0o644); err != nil {
		t.Fatal(err)
	}
}

func awsTable(figures []*figure) string {
	var b strings.Builder
	fmt.Fprint(&b, "| AWS/Kinesis | Prometheus | type | |\n| --- | --- | --- | --- |\n")
	for _, f := range figures {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", f.aws, f.name, f.kind, f.help)
	}
	return b.String()
}

func plainTable(figures []*figure) string {
	var b strings.Builder
	fmt.Fprint(&b, "| Prometheus | type | labels | |\n| --- | --- | --- | --- |\n")
	for _, f := range figures {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, f.kind, strings.Join(f.labels, ", "), f.help)
	}
	return b.String()
}
