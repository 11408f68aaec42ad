package kinesis

import (
	"testing"

	"github.com/leat-io/leat/api/kinesisapi"
)

// TestAccessToPutIsFree keeps the question what a put is about from costing
// memory.
func TestAccessToPutIsFree(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	for _, b := range []*kinesisapi.PutBatch{{StreamName: testRef.Name}, {StreamARN: testARN}} {
		if a := r.Access(r.ctx, "PutRecord", b); a.Resource != testARN || a.Account != testRef.Account || !a.Shared {
			t.Errorf("%+v", a)
		}
		if n := testing.AllocsPerRun(100, func() { r.Access(r.ctx, "PutRecord", b) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}
