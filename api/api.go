// Package api is the vocabulary that the front door and the services share: an
// operation, its caller, and the error it answers with. What an AWS API's
// shapes look like comes from the AWS SDK for Go; what those types do not
// carry stands in one table per API in the sub-packages.
//
// This package's API may change.
package api

import (
	"context"
	"fmt"

	"github.com/aws/smithy-go"
)

// Error is an AWS API error. Services return it; wire renders it. Any other
// error that reaches wire is answered as an internal failure.
type Error struct {
	Code    string // as modelled, such as "ResourceNotFoundException"
	Message string // shown to the caller; no file names, no Go types
	Err     error  // the cause; logged with the request ID, never sent

	// Shape is the SDK's own error where that has more to say than a message:
	// its other members are sent too, and errors.As finds it. Else nil.
	Shape error
}

// Errorf returns an Error with the code and the formatted message.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the cause, or else the SDK's own error.
func (e *Error) Unwrap() error {
	if e.Err != nil {
		return e.Err
	}
	return e.Shape
}

// An Error is a smithy.APIError, as the errors of the AWS SDK's clients are, so
// that code in this process can be given a service or a client and tell their
// errors apart in the same way.
var _ smithy.APIError = (*Error)(nil)

// ErrorCode returns the code.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorMessage returns the message.
func (e *Error) ErrorMessage() string { return e.Message }

// ErrorFault returns whose fault it is: AWS's codes do not say it reliably.
func (e *Error) ErrorFault() smithy.ErrorFault { return smithy.FaultUnknown }

// Caller is who a request comes from, as established by its signature.
type Caller struct {
	Account   string // 12 digits
	Region    string // from the credential scope, such as "us-east-1"
	AccessKey string // empty where a request has no signature
	ARN       string // of the user or the session of a role; empty where signatures are not verified
}

type callerKey struct{}

// WithCaller returns a context that carries c to the service.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns the caller that WithCaller put into ctx, or the zero Caller.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Handler serves one operation: a method of a service, with the shapes of the
// AWS SDK hidden behind any.
type Handler struct {
	// NewInput returns a pointer to an empty input shape.
	NewInput func() any
	// Call runs the operation on a decoded and validated input.
	Call func(ctx context.Context, input any) (output any, err error)
}

// Handle makes a Handler of a method that looks like the SDK client's without
// its options.
func Handle[In, Out any](method func(context.Context, *In) (*Out, error)) Handler {
	return Handler{
		NewInput: func() any { return new(In) },
		Call: func(ctx context.Context, input any) (any, error) {
			return method(ctx, input.(*In))
		},
	}
}
