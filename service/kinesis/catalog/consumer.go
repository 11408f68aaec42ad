package catalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// Consumer is a consumer with enhanced fan-out, as of one version of its
// stream. It is as immutable as that.
type Consumer struct {
	// ID tells this consumer from all others of the catalog, also from one of
	// the same name that was registered before or after.
	ID     uint64               `json:"id"`
	Name   string               `json:"name"`
	Status types.ConsumerStatus `json:"status"`
	// CreatedSeconds are Unix seconds. They are part of the ARN, and later
	// than those of any consumer of the stream that is gone: no ARN comes
	// twice.
	CreatedSeconds int64             `json:"created"`
	Tags           map[string]string `json:"tags,omitempty"`
	Policy         *Policy           `json:"policy,omitempty"` // nil when it has none

	// Number and DueMillis are those of the transition that ends the status, 0
	// when ACTIVE. See Transition.
	Number    uint64 `json:"number,omitempty"`
	DueMillis int64  `json:"due,omitempty"`
}

// ARN returns the Amazon resource name of the consumer, which begins with that
// of its stream.
func (c *Consumer) ARN(stream string) string {
	return stream + "/consumer/" + c.Name + ":" + strconv.FormatInt(c.CreatedSeconds, 10)
}

// Consumer returns the consumer of the name, whatever its status.
func (s *Stream) Consumer(name string) (*Consumer, bool) {
	i, found := slices.BinarySearchFunc(s.Consumers, name, func(c Consumer, name string) int {
		return strings.Compare(c.Name, name)
	})
	if !found {
		return nil, false
	}
	return &s.Consumers[i], true
}

// Consumes reports whether the stream has the consumer with this name and
// identity, and it is ACTIVE.
func (s *Stream) Consumes(name string, id uint64) bool {
	c, ok := s.Consumer(name)
	return ok && c.ID == id && c.Status == types.ConsumerStatusActive
}

// ConsumerRef names the consumer that a command is about.
type ConsumerRef struct {
	Ref
	Consumer string `json:"consumer"`
	// CreatedSeconds are those of its ARN; 0 stands for whatever consumer has
	// the name.
	CreatedSeconds int64 `json:"consumer_created,omitempty"`
}

// String returns how messages call the consumer: by its ARN if that was given.
func (r ConsumerRef) String() string {
	if r.CreatedSeconds == 0 {
		return r.Consumer
	}
	return (&Consumer{Name: r.Consumer, CreatedSeconds: r.CreatedSeconds}).ARN(r.ARN())
}

// In returns the consumer when the stream has it.
func (r ConsumerRef) In(x *Stream) (*Consumer, *api.Error) {
	c, ok := x.Consumer(r.Consumer)
	if !ok || r.CreatedSeconds != 0 && r.CreatedSeconds != c.CreatedSeconds {
		return nil, ConsumerNotFound(r.Account, r.String())
	}
	return c, nil
}

// find returns the consumer when it and its stream exist.
func (r ConsumerRef) find(s *state) (*Consumer, *api.Error) {
	x := r.current(s)
	if x == nil {
		return nil, StreamNotFound(r.Account, r.Name)
	}
	return r.In(x)
}

// edit returns a copy of the stream to put, and in it a copy of the consumer
// to change.
func (r ConsumerRef) edit(s *state) (*Stream, *Consumer) {
	x := r.Ref.edit(s)
	x.Consumers = slices.Clone(x.Consumers)
	c, _ := x.Consumer(r.Consumer)
	return x, c
}

// ConsumerNotFound is the answer about a consumer that does not exist; it is
// named as the request did.
func ConsumerNotFound(account, consumer string) *api.Error {
	return api.Errorf(kinesisapi.ResourceNotFound, "Consumer %s, account %s not found.", consumer, account)
}
