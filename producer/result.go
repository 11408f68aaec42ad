package producer

import (
	"errors"
	"fmt"
	"time"
)

// Result is what became of one user record.
type Result struct {
	// ShardID and SequenceNumber are of the Kinesis record that the user record
	// is in, and empty when it was not put.
	ShardID        string
	SequenceNumber string
	// SubSequenceNumber is its place in the aggregate, from 0, as consumers see
	// it.
	SubSequenceNumber int
	// Attempts are the requests that carried the record, in order. Records of an
	// aggregate share them; they must not be changed.
	Attempts []Attempt
	// Err is nil when the record is stored, ErrClosed when Close gave up on it,
	// and an *Error otherwise.
	Err error
}

// Attempt is one try to put a record.
type Attempt struct {
	Start    time.Time     // when it was made
	Duration time.Duration // how long it took
	// Code and Message say why it failed; both are empty where it did not. Codes
	// are the service's, the SDK's, or one of this package's.
	Code, Message string
}

// The codes that do not come from the service.
const (
	// CodeExpired: RecordTTL ended.
	CodeExpired = "Expired"
	// CodeWrongShard: the aggregate came to a shard that does not own all of its
	// user records.
	CodeWrongShard = "Wrong Shard"
	// CodeRecordCountMismatch: the answer to a request does not have as many
	// entries as the request.
	CodeRecordCountMismatch = "Record Count Mismatch"
	// CodeNoAnswer: the request failed on its way, or took longer than
	// RequestTimeout. It may have been carried out.
	CodeNoAnswer = "No Answer"
)

// Error says why a record was not put.
type Error struct {
	Code, Message string
	// Err is the cause where there is one: the client's error, or for
	// CodeExpired why the last attempt failed.
	Err error
}

func (e *Error) Error() string {
	if e.Err != nil && e.Code == CodeExpired {
		return fmt.Sprintf("%s: %s: the last attempt: %v", e.Code, e.Message, e.Err)
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrClosed says that the producer was closed.
var ErrClosed = errors.New("the producer is closed")

// ErrFull says that the buffers are full.
var ErrFull = errors.New("the producer's buffers are full")
