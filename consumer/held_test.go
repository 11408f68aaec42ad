package consumer

import (
	"testing"
	"time"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
)

// TestReserve lets a lease be taken once at a time, and none once the worker stops.
func TestReserve(t *testing.T) {
	w, err := New(InProcess(nil), memlease.New(), Func(nil), Stream("orders"))
	must(t, err)
	if !w.reserve("a") || w.reserve("a") {
		t.Error("a lease that is reserved can be reserved")
	}
	if w.unreserve("a"); !w.reserve("a") {
		t.Error("a lease that was not taken after all cannot be reserved")
	}
	w.mu.stopping = true
	if w.reserve("b") {
		t.Error("a worker that stops reserves a lease")
	}
	if w.adopt(lease.New("", "a", lease.TrimHorizon), time.Now()) || len(w.runs()) > 0 {
		t.Error("a worker that stops begins with a shard")
	}
	if len(w.mu.reserved) > 0 {
		t.Errorf("still reserved: %v", w.mu.reserved)
	}
}
