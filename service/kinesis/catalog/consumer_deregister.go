package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// DeregisterConsumer takes a consumer from a stream, in whatever status it is.
// One that is being taken already is nobody's error. Refused when there is no
// such stream or consumer.
type DeregisterConsumer struct {
	ConsumerRef
}

func (*DeregisterConsumer) kind() string { return "deregister_consumer" }

func (cmd *DeregisterConsumer) decide(s *state, _ Terms) (any, bool) {
	c, err := cmd.find(s)
	if err != nil {
		return err, true
	}
	return nil, c.Status == types.ConsumerStatusDeleting
}

func (cmd *DeregisterConsumer) apply(s *state, t Terms, _ *storage.Effects) any {
	x, c := cmd.edit(s)
	s.beginConsumer(c, types.ConsumerStatusDeleting, t)
	if t.DelayMillis <= 0 {
		x.finishConsumer(c)
	}
	s.put(x)
	return nil
}
