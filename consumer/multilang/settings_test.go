package multilang

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
	"github.com/leat-io/leat/leattest"
)

func TestParse(t *testing.T) {
	const text = `# a comment
! another
ExecutableName = python3 -u sample.py
streamName:orders
applicationName   an\
    app
kinesisEndpoint=http://127.0.0.1:4567
a\ b\:c = d\u00e9\te
empty
`
	p, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Properties{
		"executableName": "python3 -u sample.py", "streamName": "orders", "applicationName": "anapp",
		"kinesisEndpoint": "http://127.0.0.1:4567", "a b:c": "dé\te", "empty": "",
	}
	if fmt.Sprint(p) != fmt.Sprint(want) {
		t.Errorf("read %q, want %q", p, want)
	}
	for _, bad := range []string{`a = \u12`, `a = \uzzzz`} {
		if _, err := Parse(strings.NewReader("\n" + bad)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestSettings(t *testing.T) {
	p := Properties{
		"executableName": "node app.js", "applicationName": "app", "streamName": "orders",
		"dynamoDbClient.endpointOverride": "http://d", "kinesisEndpoint": "http://k", "timeoutInSeconds": "3",
		"failoverTimeMillis": "5000", "initialPositionInStream": "trim_horizon", "unknown": "x",
	}
	s, err := p.Settings()
	if err != nil {
		t.Fatal(err)
	}
	if s.Command.Path != "node" || !slices.Equal(s.Command.Args, []string{"app.js"}) || s.Command.Timeout != 3*time.Second ||
		s.Table != "app" || s.DynamoDBEndpoint != "http://d" || s.KinesisEndpoint != "http://k" {
		t.Errorf("settings %+v", s)
	}
	if s.CoordinatorStateTable != "app-CoordinatorState" || s.WorkerStatsTable != "app-WorkerMetricStats" {
		t.Errorf("tables %s and %s", s.CoordinatorStateTable, s.WorkerStatsTable)
	}
	maps.Copy(p, Properties{
		"tableName": "leases", "coordinatorStateTableName": "coordinator", "workerMetricsTableName": "stats",
		"regionName": "eu-west-1", "dynamoDBRegionName": "eu-west-2", "cloudWatchClient.region": "eu-west-3",
	})
	if s, err = p.Settings(); err != nil {
		t.Fatal(err)
	}
	if s.Table != "leases" || s.CoordinatorStateTable != "coordinator" || s.WorkerStatsTable != "stats" ||
		s.Region != "eu-west-1" || s.DynamoDBRegion != "eu-west-2" || s.CloudWatchRegion != "eu-west-3" {
		t.Errorf("settings %+v", s)
	}
}

// TestWrongSettings sees everything named that is missing or cannot be read,
// whether it is read here or by the worker.
func TestWrongSettings(t *testing.T) {
	_, err := Properties{
		"maxRecords": "many", "retrievalMode": "push", "clientVersionConfig": "2x", "maxThroughputPerHostKBps": "NaN",
		"allowThroughputOvershoot": "perhaps",
	}.Settings()
	for _, want := range []string{
		"applicationName", "executableName", "streamName", "maxRecords", "retrievalMode", "clientVersionConfig",
		"maxThroughputPerHostKBps", "allowThroughputOvershoot",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	s, err := Properties{"applicationName": "a", "executableName": "b", "streamName": "c", "failoverTimeMillis": "60"}.Settings()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := consumer.New(nil, memlease.New(), s.Command.Factory(), s.Options...); err == nil || !strings.Contains(err.Error(), "Failover of 60ms") {
		t.Errorf("a failover time of 60 ms: %v", err)
	}
}

// TestForEver has durations of as many milliseconds and seconds as Java can count.
func TestForEver(t *testing.T) {
	p := Properties{"applicationName": "a", "executableName": "b", "streamName": "c", "retrievalMode": "POLLING"}
	for _, name := range []string{
		"timeoutInSeconds", "shutdownGraceMillis", "failoverTimeMillis", "gracefulLeaseHandoffTimeoutMillis", "workerMetricsReporterFreqInMillis",
	} {
		p[name] = fmt.Sprint(math.MaxInt64)
	}
	s, err := p.Settings()
	if err != nil {
		t.Fatal(err)
	}
	if s.Command.Timeout != lease.MaxDuration || s.Command.Grace != lease.MaxDuration {
		t.Errorf("the processor has %v, and %v to end", s.Command.Timeout, s.Command.Grace)
	}
	if _, err := consumer.New(nil, memlease.New(), s.Command.Factory(), s.Options...); err != nil {
		t.Error(err)
	}
}

// TestPolicy reads by what rules leases are assigned, the KCL's by default.
func TestPolicy(t *testing.T) {
	for _, c := range []struct {
		p    Properties
		want lease.Policy
	}{
		{Properties{}, lease.Policy{}},
		{Properties{
			"failoverTimeMillis": "5000", "maxLeasesForWorker": "7", "maxLeasesToStealAtOneTime": "3", "enablePriorityLeaseAssignment": "false",
			"isGracefulLeaseHandoffEnabled": "no", "gracefulLeaseHandoffTimeoutMillis": "1500", "workerMetricsReporterFreqInMillis": "20000",
			"varianceBalancingFrequency": "5", "reBalanceThresholdPercentage": "15", "dampeningPercentage": "80",
			"allowThroughputOvershoot": "false", "workerMetricsEMAAlpha": "0.18", "maxThroughputPerHostKBps": "10000.5",
			"leaseAssignmentStrategy": "lease_count_based",
		}, lease.Policy{
			Failover: 5 * time.Second, MaxLeases: 7, MaxSteal: 3, NoPriority: true, NoHandoff: true, HandoffTimeout: 1500 * time.Millisecond, ReportInterval: 20 * time.Second,
			BalanceEvery: 5, RebalanceThreshold: 15, Dampening: 80, NoOvershoot: true, Alpha: 0.18, MaxThroughput: 10000.5, Strategy: lease.ByCount,
		}},
	} {
		r := reader{p: c.p}
		if got := r.policy(); got != c.want || r.errs != nil {
			t.Errorf("%v: %+v, %v", c.p, got, r.errs)
		}
	}
}

// TestFanOut sees when records are pushed, and to whom.
func TestFanOut(t *testing.T) {
	const arn = "arn:aws:kinesis:us-east-1:111122223333:stream/orders/consumer/dashboard:1700000000"
	for _, c := range []struct {
		p    Properties
		want string
	}{
		{Properties{}, "app"},
		{Properties{"fanoutConfig.consumerName": "reports"}, "reports"},
		{Properties{"fanoutConfig.consumerArn": arn}, "dashboard"},
		{Properties{"maxRecords": "100"}, ""},
		{Properties{"maxRecords": "100", "retrievalMode": "FanOut"}, "app"},
		{Properties{"retryGetRecordsInSeconds": "1"}, ""},
		{Properties{"retrievalMode": "POLLING"}, ""},
	} {
		r := reader{p: c.p}
		if got := r.fanOut("app"); got != c.want || r.errs != nil {
			t.Errorf("%v: %q, %v", c.p, got, r.errs)
		}
	}
	r := reader{p: Properties{"fanoutConfig.consumerArn": "arn:aws:kinesis:us-east-1:111122223333:stream/orders"}}
	if r.fanOut("app"); r.errs == nil {
		t.Error("the ARN of a stream is taken for that of a consumer")
	}
}

// TestClientVersion processes a record with settings alone, and sees whether the
// worker has written down that leases are assigned as by KCL 3.x.
func TestClientVersion(t *testing.T) {
	for version, want := range map[string]error{"": nil, "CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2x": lease.ErrNotFound} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			srv, store := leattest.New(t, leattest.Stream("orders", 1)), memlease.New()
			client := kinesis.NewFromConfig(srv.AWSConfig())
			_, err := client.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte("one")})
			if err != nil {
				t.Fatal(err)
			}
			s, err := Properties{
				"applicationName": "app", "executableName": "unused", "streamName": "orders", "retrievalMode": "polling",
				"initialPositionInStream": "TRIM_HORIZON", "clientVersionConfig": version, "failoverTimeMillis": "1000",
			}.Settings()
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			processor := consumer.Func(func(context.Context, *consumer.Batch) error {
				stop()
				return nil
			})
			w, err := consumer.New(client, store, processor, s.Options...)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Run(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Migration(t.Context()); !errors.Is(err, want) {
				t.Errorf("the row about the version: %v", err)
			}
		})
	}
}

// TestReading runs a worker on settings that say where to begin, how many records
// a batch may have, and that batches may be empty.
func TestReading(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("orders", 1))
	client := kinesis.NewFromConfig(srv.AWSConfig())
	put := func(data string) {
		t.Helper()
		_, err := client.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte(data)})
		if err != nil {
			t.Fatal(err)
		}
	}
	put("old")
	srv.Advance(time.Hour)
	put("one")
	put("two")
	s, err := Properties{
		"applicationName": "app", "executableName": "unused", "streamName": "orders", "maxRecords": "1",
		"initialPositionInStreamExtended":          fmt.Sprint(srv.Now().Add(-30 * time.Minute).Unix()),
		"callProcessRecordsEvenForEmptyRecordList": "true", "idleTimeBetweenReadsInMillis": "200",
	}.Settings()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var got []string
	processor := consumer.Func(func(_ context.Context, b *consumer.Batch) error {
		batch := ""
		for _, r := range b.Records {
			batch += string(r.Data) + " "
		}
		if got = append(got, batch); batch == "" {
			stop()
		}
		return nil
	})
	w, err := consumer.New(client, memlease.New(), processor, s.Options...)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if want := []string{"one ", "two ", ""}; !slices.Equal(got[:min(len(got), len(want))], want) {
		t.Errorf("batches are %q, want %q", got, want)
	}
}

// FuzzParse has properties that are none never do harm.
func FuzzParse(f *testing.F) {
	f.Add("a = b\\\n c\n")
	f.Add("\\")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := Parse(strings.NewReader(text)); err == nil {
			_, _ = p.Settings()
		}
	})
}
