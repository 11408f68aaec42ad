package query

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/leat-io/leat/api"
)

var speaks = &api.Query{Namespace: "http://example.com/doc/", Codes: map[string]string{"ModelledException": "Modelled"}}

func TestAppend(t *testing.T) {
	out := &cloudwatch.GetMetricStatisticsOutput{
		Label: aws.String("a<b"),
		Datapoints: []types.Datapoint{
			{Sum: aws.Float64(1.5), Timestamp: aws.Time(time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)), Unit: types.StandardUnitBytes}, {},
		},
	}
	got := string(Append(nil, speaks, "GetMetricStatistics", out, "id"))
	want := `<GetMetricStatisticsResponse xmlns="http://example.com/doc/"><GetMetricStatisticsResult>` +
		`<Datapoints><member><Sum>1.5</Sum><Timestamp>2026-11-25T10:00:00Z</Timestamp><Unit>Bytes</Unit></member><member></member></Datapoints>` +
		`<Label>a&lt;b</Label></GetMetricStatisticsResult>` +
		"<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></GetMetricStatisticsResponse>\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got = string(Append(nil, speaks, "PutMetricData", &cloudwatch.PutMetricDataOutput{}, "id"))
	want = `<PutMetricDataResponse xmlns="http://example.com/doc/"><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></PutMetricDataResponse>` + "\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAppendError(t *testing.T) {
	for _, test := range []struct {
		code, want string
		of         *api.Query
		sender     bool
	}{
		{"ModelledException", `<ErrorResponse xmlns="http://example.com/doc/"><Error><Type>Sender</Type><Code>Modelled</Code>`, speaks, true},
		{"MissingAuthenticationTokenException", `<ErrorResponse xmlns="http://example.com/doc/"><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code>`, speaks, true},
		{"InternalFailure", `<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code>`, nil, false},
	} {
		got := string(AppendError(nil, test.of, &api.Error{Code: test.code, Message: "a & b"}, test.sender, "id"))
		if want := test.want + "<Message>a &amp; b</Message></Error><RequestId>id</RequestId></ErrorResponse>\n"; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
