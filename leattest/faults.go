package leattest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/internal/fault"
)

// Fault is what happens to a call instead of, before or after its being carried
// out.
type Fault struct{ rule fault.Rule }

// Throttle answers the next calls with ProvisionedThroughputExceededException,
// as AWS does when a shard's rate is exceeded. The SDK tries such a call again
// by itself, three times in all unless told otherwise.
func Throttle(calls int) Fault {
	return Fail("ProvisionedThroughputExceededException", "Rate exceeded for shard.").Times(calls)
}

// ThrottleRecords refuses records of the next PutRecords call as AWS does when
// a shard's rate is exceeded: each with probability p, the same ones for the
// same seed, and stores the others.
func ThrottleRecords(p float64, seed uint64) Fault {
	return Fault{fault.Rule{Kind: fault.ThrottleRecords, P: p, Seed: seed, Times: 1}}
}

// Fail answers the next call with an error of this code, such as
// "ResourceNotFoundException" or "InternalFailure".
func Fail(code, message string) Fault {
	return Fault{fault.Rule{Kind: fault.Error, Code: code, Message: message, Times: 1}}
}

// Delay holds the next call back for d, an hour at most, in the test's own
// time, or until its client gives up.
func Delay(d time.Duration) Fault {
	return Fault{fault.Rule{Kind: fault.Delay, By: fault.Duration(d), Times: 1}}
}

// Drop breaks the connection of the next call, which is not carried out.
func Drop() Fault { return Fault{fault.Rule{Kind: fault.Drop, Times: 1}} }

// DropAfter breaks the connection of the next call after it was carried out:
// what it changed stays, and the client does not learn of it.
func DropAfter() Fault { return Fault{fault.Rule{Kind: fault.DropAfter, Times: 1}} }

// Times lets a fault happen to n calls in a row.
func (f Fault) Times(n int) Fault {
	f.rule.Times = n
	return f
}

// Intercept lets a fault happen to the next calls of an operation, such as
// "PutRecords", whoever makes them. Faults of one operation queue up: one that
// is added while another is not used up follows it. It panics when neither
// Kinesis nor DynamoDB has such an operation, or when the fault cannot happen to
// it, since a fault that never happens would make a test pass for the wrong
// reason.
func (s *Server) Intercept(operation string, f Fault) {
	_, ok := reflect.TypeFor[*kinesis.Client]().MethodByName(operation)
	if !ok {
		_, ok = reflect.TypeFor[*dynamodb.Client]().MethodByName(operation)
	}
	if !ok || operation == "Options" {
		panic(fmt.Sprintf("leattest: neither Kinesis nor DynamoDB has an operation %q", operation))
	}
	if f.rule.Times <= 0 {
		return
	}
	f.rule.Operation = operation
	err := f.rule.Check()
	if err == nil {
		_, err = s.server.Faults().Add(f.rule)
	}
	if err != nil {
		panic(fmt.Sprintf("leattest: intercept %s: %v", operation, err))
	}
}

// Reset takes back all faults that have not happened yet.
func (s *Server) Reset() { s.server.Faults().Reset() }
