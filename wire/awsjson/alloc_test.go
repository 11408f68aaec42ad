//go:build !race

// Code that is built for the race detector may allocate more, so that what a
// call allocates is counted without it.

package awsjson

import (
	"testing"

	"github.com/leat-io/leat/api/kinesisapi"
)

// TestAllocations checks that the hot codecs allocate nothing per record.
func TestAllocations(t *testing.T) {
	body := putRecordsBody(500, 100)
	arena := make([]byte, ArenaBytes(body))
	out := make([]byte, 0, 1<<20)
	p := page(500, 100)
	var b kinesisapi.PutBatch
	for name, test := range map[string]struct {
		run  func()
		most float64
	}{
		"DecodePutRecords":       {func() { DecodePutRecords(body, arena, &b) }, 1}, // the stream's name
		"AppendPutRecordsOutput": {func() { AppendPutRecordsOutput(out, &b) }, 0},
		"AppendPage":             {func() { AppendPage(out, p) }, 0},
	} {
		test.run()
		if got := testing.AllocsPerRun(10, test.run); got > test.most {
			t.Errorf("%s: %v allocations for 500 records, want at most %v", name, got, test.most)
		}
	}
	if len(b.Records) != 500 {
		t.Fatal("the hot decoder refused the body")
	}
}
