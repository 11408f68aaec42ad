package query

import (
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/leat-io/leat/api"
)

func TestDecode(t *testing.T) {
	form := strings.Join([]string{
		"Action=PutMetricData", "Version=2010-08-01", "Namespace=my%20app%2Fone",
		"MetricData.member.10.MetricName=ten", "MetricData.member.10.Value=1.5e3",
		"MetricData.member.2.MetricName=two", "MetricData.member.2.MetricName=deux", // the later holds
		"MetricData.member.2.Dimensions.member.1.Name=Stream", "MetricData.member.2.Dimensions.member.1.Value=a+b",
		"MetricData.member.2.StatisticValues.Sum=7", "MetricData.member.2.Timestamp=2026-11-25T10:00:00Z",
		"MetricData.member.2-1.MetricName=none", "MetricData.member.x.MetricName=none", "Unknown.member.1=x", "", "NamespaceX=no",
	}, "&")
	f := Read([]byte(form))
	if f.Text("Action") != "PutMetricData" || f.Text("Version") != "2010-08-01" || f.Text("Name") != "" {
		t.Errorf("the form says %q, %q, %q", f.Text("Action"), f.Text("Version"), f.Text("Name"))
	}
	var in cloudwatch.PutMetricDataInput
	if err := f.Decode(&in); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range in.MetricData {
		got = append(got, aws.ToString(d.MetricName))
	}
	if !slices.Equal(got, []string{"deux", "ten"}) || *in.Namespace != "my app/one" {
		t.Errorf("%q has %q", *in.Namespace, got)
	}
	two, ten := in.MetricData[0], in.MetricData[1]
	if *two.Dimensions[0].Value != "a b" || *two.StatisticValues.Sum != 7 || !two.Timestamp.Equal(time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)) || *ten.Value != 1500 {
		t.Errorf("got %+v and %+v", two, ten)
	}
}

func TestRefuse(t *testing.T) {
	many := strings.Repeat("a=&", maxNames+1)
	for form, code := range map[string]string{
		"Namespace=%zz":                       "MalformedQueryString",
		"%=":                                  "MalformedQueryString",
		many:                                  "MalformedQueryString",
		"MetricData.member.1.Value=one":       "MalformedInput",
		"MetricData.member.1.Timestamp=later": "MalformedInput",
		"StrictEntityValidation=yes":          "MalformedInput",
	} {
		err := Read([]byte(form)).Decode(new(cloudwatch.PutMetricDataInput))
		var e *api.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%.40s: got %v, want %s", form, err, code)
		}
	}
}

// TestDeepNames has names of many parts, which must cost no more than their
// length: nobody has been authenticated yet when a form is first looked at, and
// what Decode takes is bounded by the shape.
func TestDeepNames(t *testing.T) {
	var b strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&b, "MetricData.member.1.a%d.b.c.d.e.f.g.h.i.j.k=&", i)
	}
	body := []byte(b.String())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := Read(body).Decode(new(cloudwatch.PutMetricDataInput)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	bytes := after.TotalAlloc - before.TotalAlloc
	if most := uint64(8 * len(body)); bytes > most {
		t.Errorf("%d bytes for a body of %d", bytes, len(body))
	}
}

// TestLongLists has more elements than any list may have. The service has to see
// that there are too many, and no memory is spent on the rest.
func TestLongLists(t *testing.T) {
	var b strings.Builder
	for i := range 20 * maxElements {
		fmt.Fprintf(&b, "MetricData.member.%d=&MetricData.member.1.Values.member.%d=1&", i+1, i+1)
	}
	var in cloudwatch.PutMetricDataInput
	if err := Read([]byte(b.String())).Decode(&in); err != nil {
		t.Fatal(err)
	}
	if n, values := len(in.MetricData), len(in.MetricData[0].Values); n != maxElements || values != maxElements {
		t.Errorf("%d elements, and %d values in the first", n, values)
	}
}

// FuzzDecode has any body decoded: without a panic, and so that writing down
// again what was understood is understood in the same way.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("Action=PutMetricData&Namespace=a&MetricData.member.1.MetricName=b&MetricData.member.1.Value=1"))
	f.Add([]byte("MetricData.member.1.Dimensions.member.2.Name=%41&MetricData.member.01.Value=2&MetricData.member.1-1.Value=3"))
	f.Add([]byte("MetricData.member.1=&MetricData.=&.=&=&MetricData..member=1&MetricData.member.4294967296.Value=1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var first, again cloudwatch.PutMetricDataInput
		if Read(body).Decode(&first) != nil {
			return
		}
		form := url.Values{}
		if first.Namespace != nil {
			form.Set("Namespace", *first.Namespace)
		}
		for i, d := range first.MetricData {
			at := fmt.Sprintf("MetricData.member.%d", i+1)
			form.Set(at, "")
			if d.MetricName != nil {
				form.Set(at+".MetricName", *d.MetricName)
			}
		}
		if err := Read([]byte(form.Encode())).Decode(&again); err != nil {
			t.Fatal(err)
		}
		if len(first.MetricData) != len(again.MetricData) || aws.ToString(first.Namespace) != aws.ToString(again.Namespace) {
			t.Errorf("%d elements of %q, then %d of %q", len(first.MetricData), aws.ToString(first.Namespace), len(again.MetricData), aws.ToString(again.Namespace))
		}
		for i, d := range first.MetricData {
			if one, two := aws.ToString(d.MetricName), aws.ToString(again.MetricData[i].MetricName); one != two {
				t.Errorf("element %d is %q, then %q", i, one, two)
			}
		}
	})
}
