package consumer

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leat-io/leat/consumer/lease"
)

// StreamID names a stream in multi-stream mode. The epoch tells apart streams
// of the same name of which one was deleted before the other was created.
type StreamID struct {
	Account string // digits
	Name    string
	Epoch   int64 // Unix seconds of the stream's creation, above 0
}

// streamIDForm is the KCL's serialised form (spec clients §3.1).
var streamIDForm = regexp.MustCompile(`^([0-9]+):([^:]+):([0-9]+)$`)

// ParseStreamID reads the form account:name:epoch.
func ParseStreamID(text string) (StreamID, error) {
	m := streamIDForm.FindStringSubmatch(text)
	if m == nil {
		return StreamID{}, fmt.Errorf("%q is not a stream identifier such as 111122223333:orders:1700000000", text)
	}
	epoch, err := strconv.ParseInt(m[3], 10, 64)
	if err != nil || epoch <= 0 {
		return StreamID{}, fmt.Errorf("%q: the epoch is not a time after 1970", text)
	}
	return StreamID{Account: m[1], Name: m[2], Epoch: epoch}, nil
}

// String returns the form that ParseStreamID reads, "" for the zero value.
func (id StreamID) String() string {
	if id == (StreamID{}) {
		return ""
	}
	return id.Account + ":" + id.Name + ":" + strconv.FormatInt(id.Epoch, 10)
}

// Stream is the stream to process, by its name or ARN. An application that
// reads one stream must not share its lease store with one that reads another:
// use Streams for that.
func Stream(nameOrARN string) Option {
	return func(o *settings) {
		if nameOrARN == "" || len(o.sources) > 0 {
			o.fail("Stream %q: one stream, by its name or ARN", nameOrARN)
		}
		o.sources = append(o.sources, sourceOf(nameOrARN))
	}
}

// Streams are the streams to process in multi-stream mode, in which the leases
// of many streams share a store.
func Streams(ids ...StreamID) Option {
	return func(o *settings) {
		o.multi = true
		for _, id := range ids {
			if _, err := ParseStreamID(id.String()); err != nil {
				o.errs = append(o.errs, err)
			}
			o.sources = append(o.sources, source{id: id, name: id.Name})
		}
	}
}

// StreamsFrom is Streams with a set that changes: whichever worker leads asks list
// for it once a minute, and creates the leases of streams that are new. A call
// has thirty seconds, and the worker waits for it when it stops: list returns when
// its context ends. When it fails the last set stays in force (MultiStreamTracker).
//
// Workers process any stream that there are leases of, listed or not.
func StreamsFrom(list func(context.Context) ([]StreamID, error)) Option {
	return func(o *settings) {
		if list == nil {
			o.fail("StreamsFrom: no function")
		}
		o.multi, o.list = true, list
	}
}

// ForgetStreams has the leases of a stream be deleted, and with them what is known
// of how far it was processed, once StreamsFrom has not listed it for so long; a
// leader that is new counts from its first list. Without this option they stay,
// and their shards are processed on (FormerStreamsLeasesDeletionStrategy).
func ForgetStreams(after time.Duration) Option {
	return func(o *settings) {
		o.atLeast("ForgetStreams", after, 0)
		o.forgets, o.forgetAfter = true, after
	}
}

// source is a stream that the worker reads.
type source struct {
	id   StreamID // zero in single-stream mode
	name string
	arn  *string // as it was given; nil when a name was
}

// sourceOf returns the source of a stream's name or ARN.
func sourceOf(stream string) source {
	if strings.HasPrefix(stream, "arn:") {
		_, name, _ := strings.Cut(stream, "/")
		return source{name: name, arn: &stream}
	}
	return source{name: stream}
}

// nameOrNil returns the name for a request, which has the ARN instead where
// that was given.
func (s source) nameOrNil() *string {
	if s.arn != nil {
		return nil
	}
	return aws.String(s.name)
}

// sourceOf returns the stream that a lease is of, if it is one of the worker's.
func (w *Worker) sourceOf(row lease.Lease) (source, bool) {
	if w.o.list != nil {
		id, err := ParseStreamID(row.Stream)
		return source{id: id, name: id.Name}, err == nil
	}
	for _, s := range w.o.sources {
		if s.id.String() == row.Stream {
			return s, true
		}
	}
	return source{}, false
}
