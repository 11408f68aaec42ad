package catalog

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// UpdateStreamMode switches between provisioned and on-demand; the shards stay.
// An on-demand stream may get a warm throughput with it, and shards for that
// where it has too few. Refused, in this order: when there is no such stream,
// when it is not ACTIVE, when it may not have the warm throughput, when the
// day's switches are used up, and when the account would have too many on-demand
// streams. The mode that is there already changes nothing but the warm
// throughput.
type UpdateStreamMode struct {
	Ref
	Mode      types.StreamMode `json:"mode"`
	WarmMiBps *int32           `json:"warm,omitempty"`
}

func (*UpdateStreamMode) kind() string { return "update_stream_mode" }

func (cmd *UpdateStreamMode) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	if cmd.WarmMiBps != nil {
		if err := s.mayWarm(cmd.Ref, cmd.Mode, *cmd.WarmMiBps, t); err != nil {
			return err, true
		}
	}
	if x.Mode == cmd.Mode {
		return nil, cmd.WarmMiBps == nil || *cmd.WarmMiBps == x.WarmMiBps
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
	var tr Transition
	if x.Mode != cmd.Mode {
		x.ModeMillis = remember(x.ModeMillis, t.AtMillis, modesKept)
		tr.Mode = cmd.Mode
	}
	if cmd.WarmMiBps != nil {
		tr.Warm = cmd.WarmMiBps
		tr.Scale = max(int32(len(x.open)), WarmShards(*cmd.WarmMiBps))
	}
	s.begin(x, types.StreamStatusUpdating, tr, t, e)
	return nil
}

// switchTo gives the stream the mode. What only on-demand streams have goes
// with it.
func (x *Stream) switchTo(mode types.StreamMode) {
	x.Mode = mode
	if mode != types.StreamModeOnDemand {
		x.WarmMiBps, x.Auto = 0, false
	}
	x.Shards = slices.Clone(x.Shards) // for its meters
	x.derive()
}
