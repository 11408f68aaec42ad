package consumer

import (
	"errors"

	"github.com/aws/smithy-go"
)

// errorCode returns the AWS code of an error, or "".
func errorCode(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

// isThrottle reports whether a call was refused for its rate, which later
// calls need not be.
func isThrottle(err error) bool {
	switch errorCode(err) {
	case "ProvisionedThroughputExceededException", "LimitExceededException", "ThrottlingException",
		"KMSThrottlingException", "RequestLimitExceeded":
		return true
	}
	return false
}

func isNotFound(err error) bool { return errorCode(err) == "ResourceNotFoundException" }

func isInUse(err error) bool { return errorCode(err) == "ResourceInUseException" }

func isExpiredIterator(err error) bool { return errorCode(err) == "ExpiredIteratorException" }
