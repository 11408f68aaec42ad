package catalog

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// RegisterConsumer adds a consumer to a stream. The result is the *Consumer, as
// it is when registered. Refused, in this order: when there is no such stream,
// when it is CREATING or DELETING, when the name is taken, and when the stream
// has too many consumers, in all or CREATING. AWS's texts for the last three
// are unknown.
type RegisterConsumer struct {
	Ref
	Consumer string            `json:"consumer"`
	Tags     map[string]string `json:"tags,omitempty"`
}

func (*RegisterConsumer) kind() string { return "register_consumer" }

func (cmd *RegisterConsumer) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive, types.StreamStatusUpdating)
	if err != nil {
		return err, true
	}
	if _, taken := x.Consumer(cmd.Consumer); taken {
		return api.Errorf(kinesisapi.ResourceInUse,
			"Consumer %s under stream %s and account %s already exists.", cmd.Consumer, x.Name, x.Account), true
	}
	err = x.roomForConsumer(t)
	return err, err != nil
}

func (cmd *RegisterConsumer) apply(s *state, t Terms, _ *storage.Effects) any {
	x := cmd.edit(s)
	c := Consumer{
		ID:             s.nextTransition,
		Name:           cmd.Consumer,
		CreatedSeconds: max(t.AtMillis/1000, x.GoneConsumerSeconds+1),
		Tags:           cmd.Tags,
	}
	s.beginConsumer(&c, types.ConsumerStatusCreating, t)
	at, _ := slices.BinarySearchFunc(x.Consumers, c.Name, func(c Consumer, name string) int {
		return strings.Compare(c.Name, name)
	})
	x.Consumers = slices.Insert(slices.Clone(x.Consumers), at, c)
	if t.DelayMillis <= 0 {
		x.finishConsumer(&x.Consumers[at])
	}
	s.put(x)
	return &c
}

// roomForConsumer refuses one more consumer than the stream may have.
func (s *Stream) roomForConsumer(t Terms) *api.Error {
	if limit := t.Quotas.Consumers; limit != 0 && len(s.Consumers) >= limit {
		return api.Errorf(kinesisapi.LimitExceeded, "Stream %s under account %s has %d consumers. Limit: %d",
			s.Name, s.Account, len(s.Consumers), limit)
	}
	creating := 0
	for i := range s.Consumers {
		if s.Consumers[i].Status == types.ConsumerStatusCreating {
			creating++
		}
	}
	if limit := t.Quotas.CreatingConsumers; limit != 0 && creating >= limit {
		return api.Errorf(kinesisapi.LimitExceeded, "Stream %s under account %s has %d consumers that are CREATING. Limit: %d",
			s.Name, s.Account, creating, limit)
	}
	return nil
}
