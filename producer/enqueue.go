package producer

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/stream"
)

// Record is what a Producer puts. Its partition key has 1 to 256 characters.
type Record = aggregation.UserRecord

// maxKeyLength is the most characters that a partition key has, in UTF-16.
const maxKeyLength = 256

// Put puts a record and waits for its result, which for a lone record takes
// RecordMaxBufferedTime and a request. When ctx ends first the error is ctx's,
// and the record may be put or not.
func (p *Producer) Put(ctx context.Context, r Record) (Result, error) {
	f, err := p.PutAsync(ctx, r)
	if err != nil {
		return Result{}, err
	}
	return f.Wait(ctx)
}

// Enqueue takes a record, to be put in the background, and copies it: all of r
// is the caller's again when Enqueue returns. It waits while the buffers are
// full, at most until ctx ends; what becomes of the record afterwards does not
// depend on ctx.
//
// done is called exactly once where the error is nil, and never otherwise. It
// may be nil. It is called by one of the producer's goroutines, several at a
// time, and holds up others while it runs: it must not wait for the producer,
// and so not call Put, Enqueue, Flush or Close. TryEnqueue is fine.
//
// The error is ErrClosed, ctx's, or says what is wrong with r.
func (p *Producer) Enqueue(ctx context.Context, r Record, done func(Result)) error {
	return p.enqueue(ctx, r, done, true)
}

// TryEnqueue is Enqueue that does not wait: when the buffers are full the error
// is ErrFull.
func (p *Producer) TryEnqueue(r Record, done func(Result)) error {
	return p.enqueue(context.Background(), r, done, false)
}

func (p *Producer) enqueue(ctx context.Context, r Record, done func(Result), wait bool) error {
	hashKey, err := p.check(r)
	if err != nil {
		return err
	}
	for len(r.ExplicitHashKey) > 1 && r.ExplicitHashKey[0] == '0' {
		r.ExplicitHashKey = r.ExplicitHashKey[1:]
	}
	room := roomOf(r)
	p.mu.Lock()
	if err := p.reserveLocked(ctx, room, wait); err != nil {
		p.mu.Unlock()
		return err
	}
	p.mu.stats.UserRecordsReceived++
	p.placeLocked(r, hashKey, done, room)
	p.mu.Unlock()
	return nil
}

// check reports what the service would refuse, and returns the hash key.
func (p *Producer) check(r Record) (stream.HashKey, error) {
	if r.PartitionKey == "" || len(r.PartitionKey) > maxKeyLength && utf16Length(r.PartitionKey) > maxKeyLength {
		return stream.HashKey{}, fmt.Errorf("the partition key has %d characters, not from 1 to %d", utf16Length(r.PartitionKey), maxKeyLength)
	}
	if len(r.Data) > p.config.maxUserRecordSize {
		return stream.HashKey{}, fmt.Errorf("the record has %d bytes, more than %d", len(r.Data), p.config.maxUserRecordSize)
	}
	hashKey, err := r.HashKey()
	if err != nil {
		return stream.HashKey{}, fmt.Errorf("the record's keys: %w", err)
	}
	return hashKey, nil
}

// utf16Length counts what Java and the service count: characters beyond the
// first plane are two.
func utf16Length(text string) int {
	n := utf8.RuneCountInString(text)
	for _, r := range text {
		if r > 0xffff {
			n++
		}
	}
	return n
}
