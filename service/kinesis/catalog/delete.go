package catalog

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// DeleteStream gives up a stream, its records and its consumers at once; the
// name is free again when the status DELETING ends. Refused, in this order:
// when there is no such stream, when it is being deleted already, when it has
// consumers that are not to be deleted with it, and when too many streams are
// CREATING or DELETING.
type DeleteStream struct {
	Ref
	WithConsumers bool `json:"with_consumers,omitempty"`
}

func (*DeleteStream) kind() string { return "delete_stream" }

func (cmd *DeleteStream) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusCreating, types.StreamStatusActive, types.StreamStatusUpdating)
	if err == nil && !cmd.WithConsumers {
		err = x.unconsumed()
	}
	if err == nil {
		err = s.roomToMove(cmd.Ref, t)
	}
	return err, err != nil
}

// unconsumed refuses to delete a stream that has consumers, unless all of them
// are DELETING. AWS's text is unknown.
func (s *Stream) unconsumed() *api.Error {
	if !slices.ContainsFunc(s.Consumers, func(c Consumer) bool { return c.Status != types.ConsumerStatusDeleting }) {
		return nil
	}
	return api.Errorf(kinesisapi.ResourceInUse, "Stream %s under account %s has registered consumers. "+
		"Deregister them first, or set EnforceConsumerDeletion to true.", s.Name, s.Account)
}

func (cmd *DeleteStream) apply(s *state, t Terms, e *storage.Effects) any {
	x := cmd.edit(s)
	if len(x.Shards) > 0 {
		e.DeleteStreams = append(e.DeleteStreams, x.ID)
	}
	x.Shards, x.Consumers = nil, nil
	s.begin(x.derive(), types.StreamStatusDeleting, Transition{Delete: true}, t, e)
	return nil
}
