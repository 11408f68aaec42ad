package leattest_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leat-io/leat/leattest"
)

// TestCloudWatch puts metrics in each of the protocols that clients have and
// lists all of them with the SDK.
func TestCloudWatch(t *testing.T) {
	srv := leattest.New(t)
	client := cloudwatch.NewFromConfig(srv.AWSConfig())
	_, err := client.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{
		Namespace: aws.String("App"),
		MetricData: []types.MetricDatum{{
			MetricName: aws.String("sdk"), Unit: types.StandardUnitCount,
			Dimensions:      []types.Dimension{{Name: aws.String("Operation"), Value: aws.String("ProcessTask")}},
			StatisticValues: &types.StatisticSet{SampleCount: aws.Float64(2), Sum: aws.Float64(3.5), Minimum: aws.Float64(1), Maximum: aws.Float64(2.5)},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	post(t, srv, "application/x-www-form-urlencoded; charset=utf-8", "",
		"Action=PutMetricData&Version=2010-08-01&Namespace=App&MetricData.member.1.MetricName=query"+
			"&MetricData.member.1.Value=1.5")
	post(t, srv, "application/x-amz-json-1.0", "GraniteServiceVersion20100801.PutMetricData",
		`{"Namespace":"App","MetricData":[{"MetricName":"json","Values":[1,2.5],"Counts":[3,1]}]}`)

	out, err := client.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{Namespace: aws.String("App")})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for _, m := range out.Metrics {
		names[*m.MetricName] = len(m.Dimensions)
	}
	if len(names) != 3 || names["sdk"] != 1 {
		t.Errorf("metrics are %v", names)
	}
	checkData(t, srv, client)
	checkShown(t, srv)
	_, err = client.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("AWS/Kinesis"),
		MetricData: []types.MetricDatum{{MetricName: aws.String("m"), Value: aws.Float64(1)}}})
	if err == nil || !strings.Contains(err.Error(), "InvalidParameterValue") {
		t.Errorf("a put into AWS's own namespace: %v", err)
	}
}

// checkData reads in two protocols what was put in a third.
func checkData(t *testing.T, srv *leattest.Server, client *cloudwatch.Client) {
	t.Helper()
	from, to := srv.Now().Add(-time.Hour), srv.Now().Add(time.Hour)
	data, err := client.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: &from, EndTime: &to, MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("m"), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String("App"), MetricName: aws.String("json")}, Period: aws.Int32(60), Stat: aws.String("Sum"),
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := data.MetricDataResults; len(r) != 1 || len(r[0].Timestamps) != 1 || r[0].Values[0] != 5.5 {
		t.Errorf("data are %+v", r)
	}
	span := "&Version=2010-08-01&StartTime=" + from.UTC().Format("2006-01-02T15:04:05Z") + "&EndTime=" + to.UTC().Format("2006-01-02T15:04:05Z")
	answer := post(t, srv, "application/x-www-form-urlencoded", "", "Action=GetMetricData"+span+"&MetricDataQueries.member.1.Id=m"+
		"&MetricDataQueries.member.1.MetricStat.Metric.Namespace=App&MetricDataQueries.member.1.MetricStat.Metric.MetricName=json"+
		"&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Stat=p90")
	if !strings.Contains(answer, "<Values><member>2.5</member></Values>") {
		t.Errorf("in AWS Query: %s", answer)
	}
	answer = post(t, srv, "application/x-www-form-urlencoded", "", "Action=GetMetricStatistics"+span+
		"&Namespace=App&MetricName=json&Period=60&ExtendedStatistics.member.1=p50")
	if !strings.Contains(answer, "<ExtendedStatistics><entry><key>p50</key><value>1</value></entry></ExtendedStatistics>") {
		t.Errorf("percentiles in AWS Query: %s", answer)
	}
}

// checkShown finds at /metrics what was put.
func checkShown(t *testing.T, srv *leattest.Server) {
	t.Helper()
	answer, err := http.Get(srv.URL() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	line := `leat_cloudwatch_metric_sum{account="000000000000",dimensions="Operation=ProcessTask",metric="sdk",namespace="App",region="us-east-1",unit="Count"} 3.5`
	if !strings.Contains(string(text), line+"\n") {
		t.Errorf("no line %s in:\n%s", line, text)
	}
}

// post sends a compressed body, wants it answered with success, and returns the
// answer.
func post(t *testing.T, srv *leattest.Server, contentType, target, body string) string {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, body)
	_ = z.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL(), &packed)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Content-Encoding", "gzip")
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%s: %d %s", contentType, answer.StatusCode, text)
	}
	return string(text)
}

// TestStreamsInCloudWatch finds what a stream counted in AWS/Kinesis, a minute
// later, beside what an enabled metric of its shard did.
func TestStreamsInCloudWatch(t *testing.T) {
	srv := leattest.New(t, leattest.Stream("orders", 1))
	streams, metrics := kinesis.NewFromConfig(srv.AWSConfig()), cloudwatch.NewFromConfig(srv.AWSConfig())
	ctx, name := t.Context(), aws.String("orders")
	if _, err := streams.EnableEnhancedMonitoring(ctx, &kinesis.EnableEnhancedMonitoringInput{StreamName: name,
		ShardLevelMetrics: []kinesistypes.MetricsName{kinesistypes.MetricsNameIncomingRecords}}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := streams.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: name, PartitionKey: aws.String("k"), Data: []byte("data")}); err != nil {
			t.Fatal(err)
		}
	}
	sum := func(metric string, more ...types.Dimension) (sum float64) {
		out, err := metrics.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
			Namespace: aws.String("AWS/Kinesis"), MetricName: aws.String(metric), Period: aws.Int32(86400),
			Dimensions: append(more, types.Dimension{Name: aws.String("StreamName"), Value: name}),
			StartTime:  aws.Time(srv.Now().Add(-24 * time.Hour)), EndTime: aws.Time(srv.Now().Add(time.Hour)),
			Statistics: []types.Statistic{types.StatisticSum},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range out.Datapoints {
			sum += *d.Sum
		}
		return sum
	}
	// The server may not have begun to wait for the minute that passes.
	for deadline := time.Now().Add(time.Minute); sum("IncomingRecords") == 0; runtime.Gosched() {
		if srv.Advance(time.Minute); time.Now().After(deadline) {
			t.Fatal("nothing was reported")
		}
	}
	shard := types.Dimension{Name: aws.String("ShardId"), Value: aws.String("shardId-000000000000")}
	for metric, want := range map[string]float64{"IncomingBytes": 15, "IncomingRecords": 3, "PutRecord.Success": 3, "GetRecords.Success": 0} {
		if got := sum(metric); got != want {
			t.Errorf("%s is %v, want %v", metric, got, want)
		}
	}
	if got := sum("IncomingRecords", shard); got != 3 {
		t.Errorf("%v records into the shard", got)
	}
	if got := sum("IncomingBytes", shard); got != 0 {
		t.Errorf("a metric that is not enabled is %v", got)
	}
}

// TestCallerIdentity checks that STS names the account of streams' ARNs.
func TestCallerIdentity(t *testing.T) {
	srv := leattest.New(t)
	out, err := sts.NewFromConfig(srv.AWSConfig()).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Account != "000000000000" || !strings.HasPrefix(*out.Arn, "arn:aws:iam::000000000000:") {
		t.Errorf("caller is %s in %s", *out.Arn, *out.Account)
	}
}

// TestAssumeRole goes on with the keys of a role, in the role's account.
func TestAssumeRole(t *testing.T) {
	srv := leattest.New(t)
	config := srv.AWSConfig()
	config.Credentials = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(config), "arn:aws:iam::222222222222:role/teams/reader")
	out, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Account != "222222222222" {
		t.Errorf("the role's account is %s", *out.Account)
	}
}
