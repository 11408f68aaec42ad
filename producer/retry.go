package producer

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// codeThrottled is the answer to who writes too fast to a shard.
const codeThrottled = "ProvisionedThroughputExceededException"

// retryDelay returns how long to wait after so many failures: longer each time,
// and by chance up to half of it shorter, so that many producers spread.
func retryDelay(failures int) time.Duration {
	delay := retryMost
	if failures < 10 {
		delay = min(retryLeast<<failures, retryMost)
	}
	return delay/2 + rand.N(delay/2)
}

// passing lists the codes of errors that may be gone when the same is tried
// again, besides those that the SDK knows.
var passing = map[string]bool{
	"InternalFailure":             true,
	"InternalFailureException":    true,
	"InternalServerError":         true,
	"ServiceUnavailable":          true,
	"ServiceUnavailableException": true,
	"KMSThrottlingException":      true,
	// The next request has new credentials.
	"ExpiredToken":          true,
	"ExpiredTokenException": true,
	// The SDK has learnt the service's time from the answer.
	"RequestTimeTooSkewed": true,
	"RequestExpired":       true,
	"RequestInTheFuture":   true,
}

// spoiled lists the codes with which the service refuses all of a request when
// one record is wrong, such as one that is larger than the stream takes.
var spoiled = map[string]bool{"ValidationException": true, "InvalidArgumentException": true}

var sdkRetryable = retry.IsErrorRetryables(retry.DefaultRetryables)

// isPassing reports whether a request that failed with err may succeed when it
// is made again. What the service did not answer is passing, unless the SDK
// refused to ask.
func isPassing(err error) bool {
	var apiErr smithy.APIError
	if errors.As(err, &apiErr) {
		return passing[apiErr.ErrorCode()] || apiErr.ErrorFault() == smithy.FaultServer ||
			sdkRetryable.IsErrorRetryable(err) == aws.TrueTernary
	}
	var invalid smithy.InvalidParamsError
	return !errors.As(err, &invalid) && !errors.Is(err, context.Canceled)
}

// codeOf returns the code of an error and what it says.
func codeOf(err error) (code, message string) {
	var apiErr smithy.APIError
	if errors.As(err, &apiErr) {
		return apiErr.ErrorCode(), apiErr.ErrorMessage()
	}
	return CodeNoAnswer, err.Error()
}
