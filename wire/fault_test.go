package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/fault"
	"github.com/leat-io/leat/wire"
)

// spoilt starts a server of f with the rules in force, and returns its client.
func spoilt(t *testing.T, f *fake, rules ...string) *kinesis.Client {
	t.Helper()
	injector := new(fault.Injector)
	for _, text := range rules {
		r, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := injector.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	service := f.service()
	service.StreamOf = func(context.Context, any) string { return "told by a token" }
	addr := serve(t, wire.New(wire.Options{Services: []wire.Service{service}, Faults: injector}))
	return client(t, addr, "123456789012", "x")
}

// outcome returns the code and message of an API error, or what else err is.
func outcome(err error) string {
	var e smithy.APIError
	var http *smithy.OperationError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &e):
		return e.ErrorCode() + ": " + e.ErrorMessage()
	case errors.As(err, &http):
		return "broken"
	}
	return err.Error()
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.batches
}

func TestFaults(t *testing.T) {
	put := func(c *kinesis.Client) error {
		_, err := c.PutRecord(context.Background(), &kinesis.PutRecordInput{
			StreamARN: aws.String("arn:aws:kinesis:eu-west-3:123456789012:stream/s"), Data: []byte("x"), PartitionKey: aws.String("k")})
		return err
	}
	get := func(c *kinesis.Client) error {
		_, err := c.GetRecords(context.Background(), &kinesis.GetRecordsInput{ShardIterator: aws.String("i")})
		return err
	}
	create := func(c *kinesis.Client) error {
		_, err := c.CreateStream(context.Background(), &kinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)})
		return err
	}
	list := func(c *kinesis.Client) error {
		_, err := c.ListStreams(context.Background(), &kinesis.ListStreamsInput{})
		return err
	}
	for _, test := range []struct {
		rule    string
		call    func(*kinesis.Client) error
		want    string
		batches int // that the service was given
	}{
		{"PutRecord:throttle", put, "ProvisionedThroughputExceededException: Rate exceeded for stream s under account 123456789012. (a fault on purpose)", 0},
		{"GetRecords:throttle:stream=told", get, "ok", 0},
		{"*:throttle", get, "ProvisionedThroughputExceededException: Rate exceeded for stream told by a token under account 123456789012. (a fault on purpose)", 0},
		{"*:throttle:stream=s", create, "LimitExceededException: Rate exceeded for stream s under account 123456789012. (a fault on purpose)", 0},
		{"*:throttle:stream=S", create, "ok", 0},
		{"PutRecord:fail", put, "InternalFailureException: Internal service failure. (a fault on purpose)", 0},
		{"PutRecord:fail-after", put, "InternalFailureException: Internal service failure. (a fault on purpose)", 1},
		{"PutRecord:drop", put, "broken", 0},
		{"PutRecord:drop-after", put, "broken", 1},
		{"ListStreams:drop", list, "broken", 0},
		{"CreateStream:drop-after", create, "broken", 0},
		{"GetRecords:expire", get, "ExpiredIteratorException: Iterator expired. (a fault on purpose)", 0},
		{"PutRecord:error:code=KMSDisabledException", put, "KMSDisabledException: Failed. (a fault on purpose)", 0},
		{"PutRecord:delay:by=20ms", put, "ok", 1},
		{"PutRecord:drop:p=0.000001,seed=1", put, "ok", 1},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := new(fake)
			c, began := spoilt(t, f, test.rule), time.Now()
			if got := outcome(test.call(c)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if got := f.count(); got != test.batches {
				t.Errorf("%d batches, want %d", got, test.batches)
			}
			if strings.Contains(test.rule, "by=") && time.Since(began) < 20*time.Millisecond {
				t.Error("no delay")
			}
		})
	}
}

// TestFaultsOfRecords puts ten records of which some are hit and one is
// refused by the service.
func TestFaultsOfRecords(t *testing.T) {
	in := &kinesis.PutRecordsInput{StreamName: aws.String("s")}
	for i := range 10 {
		key := fmt.Sprint(i)
		if i == 4 {
			key = "throttled"
		}
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &key, Data: []byte(key)})
	}
	for rule, code := range map[string]string{
		"PutRecords:throttle-records:p=0.3,seed=1": "ProvisionedThroughputExceededException",
		"PutRecords:fail-records:p=0.3,seed=1":     "InternalFailure",
	} {
		f := new(fake)
		out, err := spoilt(t, f, rule).PutRecords(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		failed, hit, stored := 0, 0, ""
		for i, r := range out.Records {
			if r.SequenceNumber != nil {
				stored += fmt.Sprint(i)
				continue
			}
			failed++
			if strings.Contains(*r.ErrorMessage, "on purpose") && *r.ErrorCode == code {
				hit++
			}
		}
		if int(*out.FailedRecordCount) != failed || hit == 0 || hit < failed-1 || failed > 9 {
			t.Errorf("%s: FailedRecordCount %d, %d failed, %d hit", rule, *out.FailedRecordCount, failed, hit)
		}
		kept := ""
		for _, r := range f.mu.records {
			kept += string(r.Data)
		}
		if kept != stored {
			t.Errorf("%s: answered that %s are stored, and %s are", rule, stored, kept)
		}
	}
	// When all are hit the service still says whether it would.
	f := new(fake)
	c := spoilt(t, f, "PutRecords:throttle-records")
	out, err := c.PutRecords(t.Context(), in)
	if err != nil || *out.FailedRecordCount != 10 {
		t.Errorf("all hit: %v, %v", out, err)
	}
	in.StreamName = aws.String("missing")
	if _, err := c.PutRecords(t.Context(), in); !strings.HasPrefix(outcome(err), "ResourceNotFoundException") {
		t.Errorf("all hit of a stream that is missing: %v", err)
	}
}

// TestDelayEnds expects a delay to end with its client.
func TestDelayEnds(t *testing.T) {
	f := new(fake)
	c := spoilt(t, f, "PutRecord:delay:by=1h")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("s"), Data: []byte("x"), PartitionKey: aws.String("k")})
	if !errors.Is(err, context.DeadlineExceeded) || f.count() != 0 {
		t.Errorf("%v, %d batches", err, f.count())
	}
}

// TestUncheckedFirst expects a call that is wrong to be answered as ever.
func TestUncheckedFirst(t *testing.T) {
	injector := new(fault.Injector)
	if _, err := injector.Add(fault.Rule{Operation: "*", Kind: fault.Drop}); err != nil {
		t.Fatal(err)
	}
	h := wire.New(wire.Options{Services: []wire.Service{new(fake).service()}, Faults: injector})
	for _, r := range []request{operation("PutRecords", `{"Records":[]}`), operation("CreateStream", `{"StreamName":1}`), operation("Nothing", "{}")} {
		if resp := r.send(t, h); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", r.body, resp.Status)
		}
	}
}

func TestCheckFault(t *testing.T) {
	f := func(rule, why string) {
		t.Helper()
		r, err := fault.Parse(rule)
		if err == nil {
			err = wire.CheckFault(kinesisapi.Service, r)
		}
		if fmt.Sprint(err) != why {
			t.Errorf("%s: %v", rule, err)
		}
	}
	f("PutRecords:drop", "<nil>")
	f("*:drop", "<nil>")
	f("putrecords:drop", `there is no operation "putrecords"`)
	f("PutRecords:error:code=KMSDisabledException", "<nil>")
	f("*:error:code=KMSDisabledException", "<nil>")
	f("ListShards:error:code=KMSDisabledException", `code "KMSDisabledException": not an error of ListShards`)
	f("*:error:code=KMSDisabled", `code "KMSDisabled": not an error of *`)
	if err := wire.CheckFault(&api.Service{}, fault.Rule{Operation: "*", Kind: "x"}); err == nil {
		t.Error("a kind that is none was taken")
	}
}
