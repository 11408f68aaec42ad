package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// DeleteStream gives up a stream and its records at once; the name is free
// again when the status DELETING ends. Refused, in this order: when there is no
// such stream, when it is being deleted already, and when too many streams are
// CREATING or DELETING.
type DeleteStream struct {
	Ref
}

func (*DeleteStream) kind() string { return "delete_stream" }

func (cmd *DeleteStream) decide(s *state, t Terms) (any, bool) {
	_, err := cmd.find(s, types.StreamStatusCreating, types.StreamStatusActive, types.StreamStatusUpdating)
	if err == nil {
		err = s.roomToMove(cmd.Ref, t)
	}
	return err, err != nil
}

func (cmd *DeleteStream) apply(s *state, t Terms, e *storage.Effects) any {
	x := cmd.edit(s)
	if len(x.Shards) > 0 {
		e.DeleteStreams = append(e.DeleteStreams, x.ID)
	}
	x.Shards = nil
	s.begin(x.derive(), types.StreamStatusDeleting, Transition{Delete: true}, t, e)
	return nil
}
