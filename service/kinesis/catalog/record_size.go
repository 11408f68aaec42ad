package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// SetMaxRecordSize sets how large a record that is put from now on may be.
// Refused when there is no such stream and when it is not ACTIVE. The size is
// taken to be in range.
type SetMaxRecordSize struct {
	Ref
	KiB int32 `json:"kib"`
}

func (*SetMaxRecordSize) kind() string { return "set_max_record_size" }

func (cmd *SetMaxRecordSize) decide(s *state, _ Terms) (any, bool) {
	x, err := cmd.find(s, types.StreamStatusActive)
	if err != nil {
		return err, true
	}
	return nil, x.MaxRecordKiB == cmd.KiB
}

func (cmd *SetMaxRecordSize) apply(s *state, _ Terms, _ *storage.Effects) any {
	x := cmd.edit(s)
	x.MaxRecordKiB = cmd.KiB
	s.put(x)
	return nil
}
