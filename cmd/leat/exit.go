package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The exit codes, a contract with scripts. The last three are serve's.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
	exitInUse       = 4
	exitDamaged     = 5
	exitFull        = 6
)

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usagef returns a usageError with the formatted message.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// exitError is a failure with an exit code of its own.
type exitError struct {
	error
	code int
}

func (e exitError) Unwrap() error { return e.error }

// exitCode returns the code that tells a script what err was.
func exitCode(err error) int {
	var usage usageError
	var own exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &own):
		return own.code
	case errors.As(err, &usage):
		return exitUsage
	case unreachable(err):
		return exitUnreachable
	}
	return exitFailed
}

// unreachable reports whether err says that no answer came from a server.
func unreachable(err error) bool {
	var send *smithyhttp.RequestSendError
	var dial *net.OpError
	if errors.Is(err, context.Canceled) {
		return false
	}
	return errors.As(err, &send) || errors.As(err, &dial) && dial.Op == "dial"
}

// explain returns what a person is told about err: what an API error says
// without the layers that the SDK wraps around it, and what to do when the
// server did not answer.
func explain(err error) string {
	var apiErr smithy.APIError
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case unreachable(err):
		return fmt.Sprintf("no answer from %s: %s; start one with \"leat serve\", or name another with --endpoint or LEAT_ENDPOINT", endpointOf(err), innermost(err))
	case errors.As(err, &apiErr):
		return prefixOf(err) + apiErr.ErrorCode() + ": " + apiErr.ErrorMessage()
	}
	return err.Error()
}

// endpointOf returns scheme and host of the request that failed.
func endpointOf(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if parsed, parseErr := url.Parse(u.URL); parseErr == nil {
			return parsed.Scheme + "://" + parsed.Host
		}
	}
	return "the server"
}

// prefixOf returns what this program put in front of an SDK error, such as
// "put records: ".
func prefixOf(err error) string {
	var op *smithy.OperationError
	if !errors.As(err, &op) {
		return ""
	}
	prefix, _, _ := strings.Cut(err.Error(), op.Error())
	return prefix
}

// innermost returns the deepest cause of err that says something.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
