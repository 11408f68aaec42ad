package leat_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/clock"
)

// ask sends a request to a path beside the AWS APIs.
func ask(t *testing.T, srv *leat.Server, method, path, body string) (status int, answer string) {
	t.Helper()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	return resp.StatusCode, string(text)
}

// TestAdvance lets a stream's state delay pass on a clock that is advanced from
// outside.
func TestAdvance(t *testing.T) {
	srv := open(t, leat.Config{
		Durability: leat.DurabilityMemory, StateDelay: time.Hour, Admin: true, Clock: new(clock.Manual),
	})
	ctx, c := t.Context(), client(t, srv, "key", "secret")
	if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	active := func() bool {
		out, err := c.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("s")})
		if err != nil {
			t.Fatal(err)
		}
		return out.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive
	}
	if active() {
		t.Error("active at once")
	}
	if status, body := ask(t, srv, "POST", "/_leat/clock/advance?duration=1h", ""); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	for !active() {
		if ctx.Err() != nil {
			t.Fatal("never active")
		}
	}
}

func TestNoAdmin(t *testing.T) {
	srv := open(t, leat.Config{Durability: leat.DurabilityMemory, Clock: new(clock.Manual)})
	before := srv.Config().Clock.Now()
	for _, path := range []string{"/_leat/clock", "/_leat/clock/advance?duration=99h"} {
		if status, body := ask(t, srv, "POST", path, ""); status < http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if ahead := srv.Config().Clock.Now().Sub(before); ahead > time.Hour {
		t.Errorf("the clock was advanced by %v", ahead)
	}
}
