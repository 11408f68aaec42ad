package catalog

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// beginConsumer gives c, of a version that is being made, a status and what
// will end it. The caller ends it right away when the terms want no delay.
func (s *state) beginConsumer(c *Consumer, status types.ConsumerStatus, t Terms) {
	c.Status, c.Number, c.DueMillis = status, s.nextTransition, t.AtMillis+t.DelayMillis
	s.nextTransition++
}

// finishConsumer ends the status of c, a consumer in the slice of x, both of a
// version that is being made.
func (x *Stream) finishConsumer(c *Consumer) {
	if c.Status == types.ConsumerStatusCreating {
		c.Status, c.Number, c.DueMillis = types.ConsumerStatusActive, 0, 0
		return
	}
	x.GoneConsumerSeconds = max(x.GoneConsumerSeconds, c.CreatedSeconds)
	id := c.ID // the slot of c is used again below
	x.Consumers = slices.DeleteFunc(x.Consumers, func(other Consumer) bool { return other.ID == id })
}

// transition returns what ends the status; its number is 0 when ACTIVE.
func (c *Consumer) transition(id storage.StreamID) Transition {
	return Transition{Number: c.Number, DueMillis: c.DueMillis, Stream: id}
}

// movingConsumer returns the place of the consumer whose transition has the
// number, -1 when there is none.
func (s *Stream) movingConsumer(number uint64) int {
	return slices.IndexFunc(s.Consumers, func(c Consumer) bool { return c.Number != 0 && c.Number == number })
}

// consumersMove reports whether a consumer is CREATING or DELETING.
func (s *Stream) consumersMove() bool {
	return slices.ContainsFunc(s.Consumers, func(c Consumer) bool { return c.Number != 0 })
}
