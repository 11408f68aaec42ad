package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// MinOnDemandShards is how many open shards an on-demand stream begins with,
// and keeps when it scales in.
const MinOnDemandShards = 4

// SetWarmThroughput sets what an on-demand stream is ready to take at any time,
// and scales it to the shards for that, up or down. Refused, in this order:
// when there is no such stream, when it is not ACTIVE, when it is provisioned or
// the account has no commitment, and when it would have too many shards. The
// result is a Warmed.
type SetWarmThroughput struct {
	Ref
	MiBps int32 `json:"mibps"`
}

// Warmed is the warm throughput of a stream in MiB/s: what it is scaled for,
// and what it is being scaled to.
type Warmed struct {
	Current, Target int32
}

// Warmed returns the warm throughput of the stream, zeros when it has none.
func (x *Stream) Warmed() Warmed {
	if x.Pending != nil && x.Pending.Warm != nil {
		return Warmed{x.WarmMiBps, *x.Pending.Warm}
	}
	return Warmed{x.WarmMiBps, x.WarmMiBps}
}

// WarmShards returns how many shards a warm throughput takes: one for each
// MiB/s, and no fewer than any on-demand stream has.
func WarmShards(mibps int32) int32 { return max(mibps, MinOnDemandShards) }

func (*SetWarmThroughput) kind() string { return "set_warm_throughput" }

func (cmd *SetWarmThroughput) decide(s *state, t Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err == nil {
		err = s.mayWarm(cmd.Ref, x.Mode, cmd.MiBps, t)
	}
	if err == nil {
		err = x.roomInLineage(t)
	}
	if err != nil {
		return err, true
	}
	return x.Warmed(), x.WarmMiBps == cmd.MiBps && len(x.open) == int(WarmShards(cmd.MiBps))
}

func (cmd *SetWarmThroughput) apply(s *state, t Terms, e *storage.Effects) any {
	warmed := Warmed{Current: cmd.current(s).WarmMiBps, Target: cmd.MiBps}
	s.begin(cmd.edit(s), types.StreamStatusUpdating, Transition{Warm: &cmd.MiBps, Scale: WarmShards(cmd.MiBps)}, t, e)
	if t.DelayMillis <= 0 {
		warmed.Current = cmd.MiBps
	}
	return warmed
}

// mayWarm refuses a warm throughput for what is to be a stream of the mode.
// AWS's texts are unknown.
func (s *state) mayWarm(r Ref, mode types.StreamMode, mibps int32, t Terms) *api.Error {
	if mode != types.StreamModeOnDemand {
		return api.Errorf(kinesisapi.Validation, "WarmThroughputMiBps is only supported for data streams with on-demand mode.")
	}
	if !s.commitments[r.owner()].Enabled(t.AtMillis) {
		return api.Errorf(kinesisapi.Validation,
			"WarmThroughputMiBps requires the minimum throughput billing commitment of the account.")
	}
	if limit := t.Quotas.OnDemandShards; limit != 0 && int(mibps) > limit {
		return api.Errorf(kinesisapi.LimitExceeded,
			"This request would exceed the limit on the warm throughput of a data stream. Limit: %d MiBps", limit)
	}
	return nil
}
