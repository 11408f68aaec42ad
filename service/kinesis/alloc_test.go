//go:build !race

// The race detector makes sync.Pool drop a quarter of what it is given, so that
// what a call allocates is counted without it.

package kinesis

import (
	"runtime/debug"
	"testing"
	"time"

	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/service/kinesis/keys"
	"github.com/leat-io/leat/storage"
)

// allocations returns what one call allocates once it has been made before. No
// collection comes between, which would empty the pools.
func allocations(call func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	return testing.AllocsPerRun(100, call)
}

// A batch is sealed into memory of the put before it.
func TestSealAllocates(t *testing.T) {
	log := &discardLog{}
	r := newRig(t, 16, rigOptions{wrap: func(l storage.Log) storage.Log { log.Log = l; return log }})
	batch := benchBatch(500, 100)
	put := func() {
		if err := r.PutBatch(r.ctx, batch); err != nil {
			t.Fatal(err)
		}
	}
	plain := allocations(put)
	r.encrypt(keys.ManagedAlias)
	if sealed := allocations(put); sealed > plain {
		t.Errorf("%v allocations for 500 records, %v when they are plain", sealed, plain)
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	if n := allocations(func() {
		if _, err := r.stream(r.ctx, "", testARN); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whether a stream is limited is asked for every record.
func TestLimitedDoesNotAllocate(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	for _, tag := range []string{"nonsense", "aws"} {
		x := r.orders()
		if n := allocations(func() { r.limited(x) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		r.change(&catalog.AddTags{Ref: testRef, Tags: map[string]string{catalog.LimitsTag: tag}})
	}
}

// What a put is about is asked before it is looked at.
func TestAccessToPutDoesNotAllocate(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	for _, b := range []*kinesisapi.PutBatch{{StreamName: testRef.Name}, {StreamARN: testARN}} {
		if n := allocations(func() { r.Access(r.ctx, "PutRecord", b) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// A put into a stream that has metrics is counted for nothing.
func TestMeasureDoesNotAllocate(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	r.put("0", "four")
	x, b := r.orders(), benchBatch(500, 100)
	if n := allocations(func() { r.measurePut(x, b, time.Millisecond, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
