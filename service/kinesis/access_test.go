package kinesis

import (
	"testing"

	"github.com/leat-io/leat/api/kinesisapi"
)

// TestAccessToPut asks what a put is about, by the stream's name and by its ARN.
func TestAccessToPut(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	for _, b := range []*kinesisapi.PutBatch{{StreamName: testRef.Name}, {StreamARN: testARN}} {
		if a := r.Access(r.ctx, "PutRecord", b); a.Resource != testARN || a.Account != testRef.Account || !a.Shared {
			t.Errorf("%+v", a)
		}
	}
}
