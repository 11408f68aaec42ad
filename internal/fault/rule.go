// Package fault decides which calls fail on purpose, so that tests meet what
// networks and AWS do now and then. A [Rule] says what happens to which calls,
// an [Injector] applies rules to one call after the other.
//
// For a seed the decisions are always the same: the n-th call that a rule
// matches is hit or is not, whatever else goes on.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what happens to a call.
type Kind string

const (
	None            Kind = ""                 // nothing
	Delay           Kind = "delay"            // it waits, and is carried out
	Throttle        Kind = "throttle"         // it is refused as too fast
	ThrottleRecords Kind = "throttle-records" // so are some records of it
	Fail            Kind = "fail"             // it fails inside the server
	FailRecords     Kind = "fail-records"     // so do some records of it
	FailAfter       Kind = "fail-after"       // it fails, but took effect
	Drop            Kind = "drop"             // its connection breaks
	DropAfter       Kind = "drop-after"       // so does it, but it took effect
	Expire          Kind = "expire"           // its shard iterator is too old
	Error           Kind = "error"            // it is answered with the rule's Code
)

var kinds = []Kind{Delay, Throttle, ThrottleRecords, Fail, FailRecords, FailAfter, Drop, DropAfter, Expire, Error}

// OfRecords reports whether the kind happens to records and not to calls.
func (k Kind) OfRecords() bool { return k == ThrottleRecords || k == FailRecords }

// AnyOperation is the Operation of a rule that matches them all.
const AnyOperation = "*"

// Rule says what happens to which calls.
type Rule struct {
	Operation string `json:"operation"` // such as "PutRecords", or AnyOperation
	Kind      Kind   `json:"kind"`
	// Stream is the name of the one stream whose calls are meant; empty means
	// all calls.
	Stream string `json:"stream,omitempty"`
	// P is the probability that a call is hit, or each record of it for a kind
	// that happens to records. 0 stands for 1.
	P float64 `json:"p,omitempty"`
	// Seed starts the rule's sequence of decisions.
	Seed uint64 `json:"seed,omitempty"`
	// Times is how many calls are hit at most, 0 for no bound. Bounded rules
	// that match the same call queue up: one waits until those before it are
	// used up.
	Times int `json:"times,omitempty"`
	// By is how long a call that is hit waits first.
	By Duration `json:"by,omitempty"`
	// Code and Message are the answer of kind Error.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Duration is a time.Duration whose text is "1.5s" in JSON too.
type Duration time.Duration

// MarshalText returns the text of time.Duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads the text of time.Duration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("by: %q is no duration such as 50ms", text)
	}
	*d = Duration(parsed)
	return nil
}

// maxDelay bounds By: more than any client waits.
const maxDelay = time.Hour

// Check reports everything that is wrong with the rule, but for names that only
// an API's table knows: of the operation and of the code.
func (r Rule) Check() error {
	var errs []error
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(r.Operation == "", "no operation")
	wrong(!slices.Contains(kinds, r.Kind), "kind %q: want one of %s", r.Kind, kinds)
	wrong(!isStreamName(r.Stream), "stream %q: no stream can have this name", r.Stream)
	wrong(!(r.P >= 0 && r.P <= 1), "p is %v, not a probability", r.P)
	wrong(r.Times < 0, "times is %d, below 0", r.Times)
	wrong(r.By < 0 || r.By > Duration(maxDelay), "by is %v, not between 0 and %v", time.Duration(r.By), maxDelay)
	wrong(r.Kind == Delay && r.By == 0, "a delay needs by, such as by=50ms")
	wrong(r.Kind == Error && r.Code == "", "an error needs its code, such as code=ResourceNotFoundException")
	wrong(r.Kind != Error && (r.Code != "" || r.Message != ""), "a code and a message are for kind error alone")
	wrong(r.Kind.OfRecords() && r.Operation != "PutRecords", "kind %s is for PutRecords alone", r.Kind)
	wrong(r.Kind == Expire && r.Operation != "GetRecords", "kind %s is for GetRecords alone", r.Kind)
	return errors.Join(errs...)
}

// isStreamName reports whether a stream can have the name, or it is empty.
func isStreamName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	return len(name) <= 128 && strings.Trim(name, letters) == ""
}
