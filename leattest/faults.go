package leattest

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
)

// Fault is what happens to a call instead of, or before, its being carried out.
type Fault struct {
	times int // calls it happens to
	delay time.Duration
	err   *api.Error // nil: the call is carried out
}

// Throttle answers the next calls with ProvisionedThroughputExceededException,
// as AWS does when a shard's rate is exceeded. The SDK tries such a call again
// by itself, three times in all unless told otherwise.
func Throttle(calls int) Fault {
	return Fail("ProvisionedThroughputExceededException", "Rate exceeded for shard.").Times(calls)
}

// Fail answers the next call with an error of this code, such as
// "ResourceNotFoundException" or "InternalFailure".
func Fail(code, message string) Fault {
	return Fault{times: 1, err: api.Errorf(code, "%s", message)}
}

// Delay holds the next call back for d, in the test's own time, or until its
// client gives up.
func Delay(d time.Duration) Fault { return Fault{times: 1, delay: d} }

// Times lets a fault happen to n calls in a row.
func (f Fault) Times(n int) Fault {
	f.times = n
	return f
}

// Intercept lets a fault happen to the next calls of an operation, such as
// "PutRecords", whoever makes them. Faults of one operation queue up: one that
// is added while another is not used up follows it. It panics when Kinesis has
// no such operation, since a fault that never happens would make a test pass
// for the wrong reason.
func (s *Server) Intercept(operation string, f Fault) {
	if _, ok := reflect.TypeFor[*kinesis.Client]().MethodByName(operation); !ok || operation == "Options" {
		panic(fmt.Sprintf("leattest: Kinesis has no operation %q", operation))
	}
	s.faults.add(operation, f)
}

// Reset takes back all faults that have not happened yet.
func (s *Server) Reset() { s.faults.reset() }

// faults are what Intercept has ordered.
type faults struct {
	mu struct {
		sync.Mutex
		pending map[string][]Fault // by operation, none used up
	}
}

func newFaults() *faults {
	f := new(faults)
	f.reset()
	return f
}

func (f *faults) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.pending = map[string][]Fault{}
}

func (f *faults) add(operation string, fault Fault) {
	if fault.times <= 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.pending[operation] = append(f.mu.pending[operation], fault)
}

// next uses up one turn of the operation's first fault. A fault without turns
// is none.
func (f *faults) next(operation string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	pending := f.mu.pending[operation]
	if len(pending) == 0 {
		return Fault{}
	}
	first := pending[0]
	if pending[0].times--; pending[0].times == 0 {
		f.mu.pending[operation] = pending[1:]
	}
	return first
}

// intercept is the server's hook.
func (f *faults) intercept(ctx context.Context, operation string) error {
	fault := f.next(operation)
	if fault.delay > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(fault.delay):
		}
	}
	if fault.err != nil {
		return fault.err
	}
	return nil
}
