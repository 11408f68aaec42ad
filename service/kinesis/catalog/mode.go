package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// UpdateStreamMode switches between provisioned and on-demand; the shards stay.
// Refused, in this order: when there is no such stream, when it is not ACTIVE,
// when the day's switches are used up, and when the account would have too many
// on-demand streams. The mode that is there already changes nothing.
type UpdateStreamMode struct {
	Ref
	Mode types.StreamMode `json:"mode"`
}

func (*UpdateStreamMode) kind() string { return "update_stream_mode" }

func (cmd *UpdateStreamMode) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	if x.Mode == cmd.Mode {
		return nil, true
	}
	if usedUp(x.ModeMillis, t.Quotas.ModesPerDay, t.AtMillis) {
		return api.Errorf(kinesisapi.LimitExceeded,
			"You cannot update the capacity mode of your data stream more than twice within 24 hours."), true
	}
	if cmd.Mode == types.StreamModeOnDemand {
		err = s.roomForOnDemand(cmd.Ref, t)
	}
	return err, err != nil
}

func (cmd *UpdateStreamMode) apply(s *state, t Terms, e *storage.Effects) any {
	x := cmd.edit(s)
	x.ModeMillis = remember(x.ModeMillis, t.AtMillis, modesKept)
	s.begin(x, types.StreamStatusUpdating, Transition{Mode: cmd.Mode}, t, e)
	return nil
}
