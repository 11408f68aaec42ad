package catalog

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
)

// SetRetention lengthens or shortens how long the records of a stream are
// kept. Refused, in this order: when there is no such stream, when it is
// CREATING or DELETING, and when the change goes the other way. The retention
// that is there already changes nothing. The hours are taken to be in range.
type SetRetention struct {
	Ref
	Hours    int32 `json:"hours"`
	Increase bool  `json:"increase,omitempty"` // else decrease
}

func (*SetRetention) kind() string { return "set_retention" }

func (cmd *SetRetention) decide(s *state, _ Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive, types.StreamStatusUpdating)
	if err != nil {
		return err, true
	}
	const wrongWay = "Requested retention period (%d hours) for stream %s can not be %s than " +
		"existing retention period (%d hours). Use %sRetentionPeriod API."
	switch {
	case cmd.Increase && cmd.Hours < x.RetentionHours:
		return api.Errorf(kinesisapi.InvalidArgument, wrongWay,
			cmd.Hours, x.Name, "shorter", x.RetentionHours, "Decrease"), true
	case !cmd.Increase && cmd.Hours > x.RetentionHours:
		return api.Errorf(kinesisapi.InvalidArgument, wrongWay,
			cmd.Hours, x.Name, "longer", x.RetentionHours, "Increase"), true
	}
	return nil, cmd.Hours == x.RetentionHours
}

// apply also notes the horizon of the shorter of the two periods: what is gone
// does not come back when the period is longer. By a doubted clock it does not,
// as the horizon could lie years ahead.
func (cmd *SetRetention) apply(s *state, t Terms, e *storage.Effects) any {
	x := cmd.edit(s)
	x.RetentionHours = min(x.RetentionHours, cmd.Hours)
	if !t.Doubted {
		x.TrimmedMillis = x.HorizonMillis(t.AtMillis)
	}
	x.RetentionHours = cmd.Hours
	x.retain(e)
	s.put(x)
	return nil
}

// retain advises the log of the stream's retention.
func (x *Stream) retain(e *storage.Effects) {
	e.Retain = append(e.Retain, storage.Retain{
		Stream: x.ID, Period: time.Duration(x.RetentionHours) * time.Hour,
	})
}
