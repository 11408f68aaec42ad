package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// patience is how long a sender goes on without getting a single record
// through, unless it was told to go on for ever.
const patience = time.Minute

// putAPI is what a sender needs of a client.
type putAPI interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
}

// sender puts batches, one request at a time, so that records of one shard
// stay in order.
type sender struct {
	api      putAPI
	stream   string
	progress *progress
	words    io.Writer
	// patient senders never give up on a server that does not answer.
	patient bool
}

// send returns when every record of b is stored. Records that were refused for
// now are sent again, and the whole request when no answer came.
func (s *sender) send(ctx context.Context, b *batch) error {
	pending := b.records
	var delay backoff
	for began := time.Now(); ; {
		out, err := s.api.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &s.stream, Records: pending})
		if err == nil {
			var left []types.PutRecordsRequestEntry
			left, err = s.outcome(pending, out)
			if len(left) == 0 && err == nil {
				delay.over(s.words)
				return nil
			}
			if len(left) < len(pending) {
				began, delay.delay = time.Now(), 0
			}
			pending = left
		}
		if !passing(err) || ctx.Err() != nil {
			return err
		}
		if !s.patient && time.Since(began) > patience {
			return fmt.Errorf("gave up after %v: %w", patience, err)
		}
		if err := delay.wait(ctx, s.words, err); err != nil {
			return err
		}
	}
}

// outcome counts what was stored and returns the records that were not, in
// their order, and the reason given for the first of them.
func (s *sender) outcome(sent []types.PutRecordsRequestEntry, out *kinesis.PutRecordsOutput) ([]types.PutRecordsRequestEntry, error) {
	var left []types.PutRecordsRequestEntry
	var reason error
	for i, r := range out.Records {
		if r.ErrorCode == nil {
			s.progress.add(len(sent[i].Data))
			continue
		}
		left = append(left, sent[i])
		if reason == nil {
			reason = &smithy.GenericAPIError{Code: *r.ErrorCode, Message: text(r.ErrorMessage)}
		}
	}
	return left, reason
}

// passing reports whether err may be gone when the same is tried again.
func passing(err error) bool {
	return err != nil && (failing(err) || unreachable(err) || retry.NewStandard().IsErrorRetryable(err))
}

// failing reports whether err is the server's own trouble, such as a full disk,
// also where no HTTP status came with it.
func failing(err error) bool {
	var apiErr smithy.APIError
	return errors.As(err, &apiErr) && strings.HasPrefix(apiErr.ErrorCode(), "InternalFailure")
}
