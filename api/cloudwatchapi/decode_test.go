package cloudwatchapi_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
	"github.com/leat-io/leat/wire/awsjson"
)

// repeated writes a list of n times the same element.
func repeated(element string, n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]"
}

// TestDecodeNestedLists has lists in lists, each no longer than it may be: all that
// a call may have is taken, and not what together would take a hundred times the
// body's size in memory.
func TestDecodeNestedLists(t *testing.T) {
	decode := func(body string) (n int, err error) {
		v, ok := awsjson.Parse([]byte(body))
		if !ok {
			t.Fatal("no JSON")
		}
		var in cloudwatch.PutMetricDataInput
		err = api.Decode(v, &in, cloudwatchapi.Service.Operations["PutMetricData"])
		for _, e := range in.EntityMetricData {
			n += len(e.MetricData)
		}
		return n, err
	}
	datum := `{"Dimensions":` + repeated(`{"Name":"n"}`, 30) + `}`
	if n, err := decode(`{"Namespace":"a","EntityMetricData":` + repeated(`{"MetricData":[`+datum+`]}`, 1000) + `}`); err != nil || n != 1000 {
		t.Errorf("of 1000 data %d are there, %v", n, err)
	}
	var e *api.Error
	n, err := decode(`{"Namespace":"a","EntityMetricData":` + repeated(`{"MetricData":`+repeated(`{}`, 1000)+`}`, 200) + `}`)
	if !errors.As(err, &e) || e.Code != "SerializationException" || n != 0 {
		t.Errorf("of 200,000 data %d are there, %v", n, err)
	}
}
