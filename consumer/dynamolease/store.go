package dynamolease

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat/consumer/lease"
)

// Store is a lease.Store in DynamoDB. Each worker has its own.
type Store struct {
	client Client
	o      options

	// layout is where the rows are that are not leases. Open finds it out, and
	// PutStats looks whether it has changed.
	layout atomic.Pointer[layout]
	// sized is how many segments a listing has.
	sized atomic.Pointer[sized]
}

var _ lease.Store = (*Store)(nil)

// New returns the store of an application. It makes no request.
func New(client Client, application string, opts ...Option) *Store {
	s := &Store{client: client, o: newOptions(application, opts)}
	s.layout.Store(&layout{lock: place{s.o.table, keyLease}, stats: place{s.o.table, keyLease}})
	return s
}

// request returns a context that ends when the request must.
func (s *Store) request(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.o.timeout)
}

// throttles are the codes that ask for fewer requests. The first is about the
// capacity of a table, the others about that of an account.
var throttles = map[string]bool{
	"ProvisionedThroughputExceededException": true,
	"RequestLimitExceeded":                   true,
	"ThrottlingException":                    true,
	"LimitExceededException":                 true,
}

// translate turns an error of DynamoDB into one of package lease, where there
// is one for it. The key is that of the row in question.
func translate(key string, err error) error {
	var refused *types.ConditionalCheckFailedException
	if errors.As(err, &refused) {
		return &lease.ConflictError{Key: key, Now: leaseIn(refused.Item)}
	}
	var coded smithy.APIError
	if !errors.As(err, &coded) {
		return err
	}
	switch code := coded.ErrorCode(); {
	case code == codeConditionFailed:
		return &lease.ConflictError{Key: key}
	case code == codeNotFound:
		return fmt.Errorf("%w: %w", lease.ErrNotOpen, err)
	case throttles[code]:
		return fmt.Errorf("%w: %w", lease.ErrThrottled, err)
	}
	return err
}

const (
	codeNotFound        = "ResourceNotFoundException"
	codeInUse           = "ResourceInUseException"
	codeConditionFailed = "ConditionalCheckFailedException"
)

// hasCode reports whether err is an error of DynamoDB with that code.
func hasCode(err error, code string) bool {
	var coded smithy.APIError
	return errors.As(err, &coded) && coded.ErrorCode() == code
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
