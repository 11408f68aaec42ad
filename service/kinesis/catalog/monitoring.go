package catalog

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// SetMonitoring enables or disables shard-level metrics. The metrics are taken
// to be names of single ones. Those that are so already change nothing. Refused
// when there is no such stream and when it is not ACTIVE. The result is a
// Monitored.
type SetMonitoring struct {
	Ref
	Enable  bool                `json:"enable"`
	Metrics []types.MetricsName `json:"metrics"`
}

// Monitored are the shard-level metrics of a stream before and after a
// SetMonitoring, sorted.
type Monitored struct {
	Before, After []types.MetricsName
}

func (*SetMonitoring) kind() string { return "set_monitoring" }

func (cmd *SetMonitoring) decide(s *state, _ Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	after := cmd.change(x.Monitored)
	return Monitored{x.Monitored, after}, slices.Equal(x.Monitored, after)
}

func (cmd *SetMonitoring) apply(s *state, _ Terms, _ *storage.Effects) any {
	x := cmd.edit(s)
	before := x.Monitored
	x.Monitored = cmd.change(before)
	s.put(x)
	return Monitored{before, x.Monitored}
}

// change returns what is enabled afterwards, sorted; nil when nothing is.
func (cmd *SetMonitoring) change(before []types.MetricsName) []types.MetricsName {
	var after []types.MetricsName
	for _, m := range before {
		if cmd.Enable || !slices.Contains(cmd.Metrics, m) {
			after = append(after, m)
		}
	}
	if cmd.Enable {
		after = append(after, cmd.Metrics...)
	}
	slices.Sort(after)
	return slices.Compact(after)
}
