package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// TestBackoffReports checks what a person is told while a command tries again:
// once that the server fails, nothing when it only asks for patience.
func TestBackoffReports(t *testing.T) {
	var words strings.Builder
	var b backoff
	b.report(&words, &types.ProvisionedThroughputExceededException{})
	b.over(&words)
	if words.Len() > 0 {
		t.Errorf("throttled, and said %q", &words)
	}
	full := &smithy.GenericAPIError{Code: "InternalFailure", Message: "Internal service failure."}
	b.report(&words, full)
	b.report(&words, full)
	b.report(&words, errors.New("something else"))
	b.over(&words)
	b.over(&words)
	want := "leat: the server fails (InternalFailure: Internal service failure.), trying again\n" +
		"leat: the server answers again\n"
	if words.String() != want {
		t.Errorf("said\n%swant\n%s", &words, want)
	}
}
