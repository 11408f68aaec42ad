package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// SetDistribution chooses whether the service spreads a stream's records over
// its shards by itself, or by their partition keys. Refused when there is no
// such stream, when it is not ACTIVE, and for a provisioned one that is to
// spread them by itself.
type SetDistribution struct {
	Ref
	Auto bool `json:"auto"`
}

func (*SetDistribution) kind() string { return "set_distribution" }

func (cmd *SetDistribution) decide(s *state, _ Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	if cmd.Auto && x.Mode != types.StreamModeOnDemand {
		return AutoIsOnDemand(), true
	}
	return nil, x.Auto == cmd.Auto
}

func (cmd *SetDistribution) apply(s *state, _ Terms, _ *storage.Effects) any {
	x := cmd.edit(s)
	x.Auto = cmd.Auto
	s.put(x)
	return nil
}

// AutoIsOnDemand is the answer to AUTO for a provisioned stream. AWS's text is
// unknown.
func AutoIsOnDemand() *api.Error {
	return api.Errorf(kinesisapi.InvalidArgument,
		"RecordDistributionStrategy AUTO is only supported for data streams with on-demand mode.")
}
