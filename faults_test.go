package leat_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat"
)

// TestFaults lets reads of one of two streams fail, which are told apart by
// their iterators alone: first by the configuration, then from outside.
func TestFaults(t *testing.T) {
	srv := open(t, leat.Config{
		Durability: leat.DurabilityMemory, Admin: true, Faults: []string{"GetRecords:expire:stream=spoilt,times=1"},
	})
	ctx, c := t.Context(), client(t, srv, "key", "secret")
	read := func(name string) error {
		t.Helper()
		at, err := c.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: &name, ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeLatest,
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
		return err
	}
	for _, name := range []string{"sound", "spoilt"} {
		if _, err := c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sound", "spoilt"} {
		err := read(name)
		var expired *types.ExpiredIteratorException
		if errors.As(err, &expired) != (name == "spoilt") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := read("spoilt"); err != nil {
		t.Errorf("used up: %v", err)
	}

	if status, body := ask(t, srv, "POST", "/_leat/faults", `{"operation":"GetRecords","kind":"throttle","stream":"spoilt"}`); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	var tooFast *types.ProvisionedThroughputExceededException
	if err := read("spoilt"); !errors.As(err, &tooFast) {
		t.Errorf("throttled: %v", err)
	}
	if status, body := ask(t, srv, "POST", "/_leat/faults", `{"operation":"GetRecrods","kind":"throttle"}`); status != http.StatusBadRequest {
		t.Errorf("a name that is none: %d %s", status, body)
	}
	if status, body := ask(t, srv, "DELETE", "/_leat/faults", ""); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, body)
	}
	if err := read("spoilt"); err != nil {
		t.Errorf("taken back: %v", err)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	err := leat.Config{Faults: []string{"PutRecord:drop", "PutRecrod:drop", "PutRecord:dorp"}}.Validate()
	for _, want := range []string{`there is no operation "PutRecrod"`, `kind "dorp"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
