//go:build !race

// Code that is built for the race detector may allocate more, so that what a
// call allocates is counted without it.

package eventstream_test

import (
	"testing"

	"github.com/leat-io/leat/wire/eventstream"
)

// A message costs no memory when there is room for it.
func TestAllocations(t *testing.T) {
	buf := make([]byte, 0, 1024)
	payload := []byte(`{"message":"x"}`)
	if n := testing.AllocsPerRun(100, func() { buf = eventstream.Append(buf[:0], initial, payload) }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}
