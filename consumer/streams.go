package consumer

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

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
