package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/internal/fault"
)

// onPurpose ends the message of every error that a fault makes, so that nobody
// looks for the cause elsewhere.
const onPurpose = " (a fault on purpose)"

// recordFailed is the code of a record that failed; a call's is longer (spec
// data-streams §13.2).
const recordFailed = "InternalFailure"

// CheckFault reports everything that is wrong with a rule for this API.
func CheckFault(s *api.Service, r fault.Rule) error {
	if err := r.Check(); err != nil {
		return err
	}
	operation := s.Operations[r.Operation]
	switch {
	case operation == nil && r.Operation != fault.AnyOperation:
		return fmt.Errorf("there is no operation %q", r.Operation)
	case r.Kind == fault.Error && !declares(s, operation, r.Code):
		return fmt.Errorf("code %q: not an error of %s", r.Code, r.Operation)
	}
	return nil
}

// declares reports whether the operation may answer with the code, or any may
// when it is nil.
func declares(s *api.Service, operation *api.Operation, code string) bool {
	if operation != nil {
		return slices.Contains(operation.Errors, code)
	}
	for _, o := range s.Operations {
		if slices.Contains(o.Errors, code) {
			return true
		}
	}
	return false
}

// carryOut has do carry out a call that was checked, unless a fault comes
// before it, and lets happen what comes after. A connection is dropped by a
// panic with http.ErrAbortHandler.
func (h *handler) carryOut(ctx context.Context, c *call, input any, do func(fault.Outcome) error) error {
	if h.o.Faults.Idle() {
		return do(fault.Outcome{})
	}
	out, err := h.spoil(ctx, c, input)
	if err != nil {
		return err
	}
	err = do(out)
	switch out.Kind {
	case fault.FailAfter:
		return failed()
	case fault.DropAfter:
		panic(http.ErrAbortHandler)
	}
	return err
}

// spoil decides what happens to a call, and does what comes before it is
// carried out. Its error is the answer instead.
func (h *handler) spoil(ctx context.Context, c *call, input any) (fault.Outcome, error) {
	of := fault.Call{Operation: c.operation.Name, Stream: func() string { return c.service.streamOf(ctx, input) }}
	if c.hot != nil {
		of.Records = len(c.hot.batch.Records)
	}
	out := h.o.Faults.Decide(of)
	if out.Delay > 0 {
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-time.After(out.Delay): // the client's time, whatever the server's clock
		}
	}
	switch out.Kind {
	case fault.Throttle:
		return out, tooFast(ctx, c.operation, of.Stream())
	case fault.Fail:
		return out, failed()
	case fault.Expire:
		return out, api.Errorf(kinesisapi.ExpiredIterator, "Iterator expired."+onPurpose)
	case fault.Error:
		if out.Message == "" {
			out.Message = "Failed." + onPurpose
		}
		return out, api.Errorf(out.Code, "%s", out.Message)
	case fault.Drop:
		panic(http.ErrAbortHandler)
	}
	return out, nil
}

// tooFast is the answer to a call that is throttled: the data plane has another
// than the rest (spec data-streams §9).
func tooFast(ctx context.Context, operation *api.Operation, stream string) error {
	code := kinesisapi.LimitExceeded
	if slices.Contains(operation.Errors, kinesisapi.ProvisionedThroughputExceeded) {
		code = kinesisapi.ProvisionedThroughputExceeded
	}
	return api.Errorf(code, "%s", tooFastText(ctx, stream))
}

func tooFastText(ctx context.Context, stream string) string {
	account := api.CallerOf(ctx).Account
	if stream == "" {
		return "Rate exceeded for account " + account + "." + onPurpose
	}
	return "Rate exceeded for stream " + stream + " under account " + account + "." + onPurpose
}

func failed() error {
	return api.Errorf(kinesisapi.InternalFailure, "Internal service failure."+onPurpose)
}

// putBatch has the service carry out a put, without the records that are hit.
// When that leaves none, the service is still asked whether it would have.
func (h *handler) putBatch(ctx context.Context, c *call, out fault.Outcome) error {
	b := &c.hot.batch
	if !out.Kind.OfRecords() {
		return c.service.Records.PutBatch(ctx, b)
	}
	rest := *b
	if slices.Contains(out.Records, false) {
		rest.Records = make([]kinesisapi.PutRecord, 0, len(b.Records))
		for i := range b.Records {
			if !out.Records[i] {
				rest.Records = append(rest.Records, b.Records[i])
			}
		}
	} else {
		rest.DryRun = true
	}
	err := c.service.Records.PutBatch(ctx, &rest)
	var refused *api.Error
	if rest.DryRun && !b.DryRun && errors.As(err, &refused) && refused.Code == kinesisapi.DryRunOperation {
		err = nil
	}
	if err != nil {
		return err
	}
	code, text := kinesisapi.ProvisionedThroughputExceeded, tooFastText(ctx, c.service.streamOf(ctx, b))
	if out.Kind == fault.FailRecords {
		code, text = recordFailed, "Internal service failure."+onPurpose
	}
	b.Failed, b.Encrypted = rest.Failed, rest.Encrypted
	next := 0
	for i := range b.Records {
		if out.Records[i] {
			b.Records[i].ErrorCode, b.Records[i].ErrorMessage = code, text
			b.Failed++
			continue
		}
		b.Records[i] = rest.Records[next]
		next++
	}
	return nil
}

// streamOf returns the name of the stream that an input is about, empty when
// there is none or it cannot be told.
func (s *Service) streamOf(ctx context.Context, input any) string {
	if b, ok := input.(*kinesisapi.PutBatch); ok {
		return firstStream(b.StreamName, b.StreamARN)
	}
	members := reflect.ValueOf(input).Elem()
	var found []string
	for _, name := range [...]string{"StreamName", "StreamARN", "ConsumerARN", "ResourceARN"} {
		if member := members.FieldByName(name); member.IsValid() {
			found = append(found, aws.ToString(member.Interface().(*string)))
		}
	}
	if name := firstStream(found...); name != "" || s.StreamOf == nil {
		return name
	}
	return s.StreamOf(ctx, input)
}

// firstStream returns the stream's name in the first of the texts, each of
// which is a name, an ARN or empty.
func firstStream(texts ...string) string {
	for _, text := range texts {
		if !strings.HasPrefix(text, "arn:") {
			if text != "" {
				return text
			}
			continue
		}
		if _, after, ok := strings.Cut(text, ":stream/"); ok {
			name, _, _ := strings.Cut(after, "/")
			return name
		}
	}
	return ""
}
