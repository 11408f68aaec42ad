package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// UpdateShardCount brings a stream to a number of open shards. Refused, in this
// order: when there is no such stream, when it is not ACTIVE or on-demand, when
// the target is above the highest, too far up or down, when the account would
// have too many shards or the stream has, and when the day's calls are used up. A target that is
// reached already changes nothing.
//
// Its result is the Scaled.
type UpdateShardCount struct {
	Ref
	Target int32 `json:"target"`
}

// Scaled is the result of an accepted UpdateShardCount.
type Scaled struct {
	Current int32 // open shards before
}

func (*UpdateShardCount) kind() string { return "update_shard_count" }

func (cmd *UpdateShardCount) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	if x.Mode == types.StreamModeOnDemand {
		return onDemand(x), true
	}
	current := int32(len(x.open))
	if cmd.Target == current {
		return Scaled{current}, true
	}
	err = cmd.inReach(current, t)
	if err == nil {
		err = s.roomForShards(cmd.Ref, t, int(cmd.Target-current))
	}
	if err == nil {
		err = x.roomInLineage(t)
	}
	if err == nil && usedUp(x.ScaledMillis, t.Quotas.ScalesPerDay, t.AtMillis) {
		err = RateExceeded(x.Account, x.Name)
	}
	return err, err != nil
}

// inReach refuses a target that is too high or too far away.
func (cmd *UpdateShardCount) inReach(current int32, t Terms) *api.Error {
	n, target := int64(current), int64(cmd.Target)
	most, factor := int64(t.Quotas.ScaleTarget), int64(t.Quotas.ScaleFactor)
	switch {
	case most > 0 && (target > most || n > most):
		return api.Errorf(kinesisapi.LimitExceeded, "Target shard count or number of open shards cannot be greater than %d. "+
			"Current open shard count: %d, Target shard count: %d", most, n, target)
	case factor > 0 && target > factor*n:
		return api.Errorf(kinesisapi.LimitExceeded, "UpdateShardCount cannot scale up over double your current open shard count. "+
			"Current open shard count: %d Target shard count: %d", n, target)
	case factor > 0 && factor*target < n:
		return api.Errorf(kinesisapi.LimitExceeded, "UpdateShardCount cannot scale down below half your current open shard count. "+
			"Current open shard count: %d Target shard count: %d", n, target)
	}
	return nil
}

func (cmd *UpdateShardCount) apply(s *state, t Terms, e *storage.Effects) any {
	x := cmd.edit(s)
	current := int32(len(x.open))
	x.ScaledMillis = remember(x.ScaledMillis, t.AtMillis, scalesKept)
	s.begin(x, types.StreamStatusUpdating, Transition{Scale: cmd.Target}, t, e)
	return Scaled{current}
}
