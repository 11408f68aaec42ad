package kinesis

import (
	"context"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

const (
	minRetentionHours = 24
	maxRetentionHours = 8760
)

// setRetention is what is common to the two operations.
func (s *Service) setRetention(ctx context.Context, ref catalog.Ref, hours int32, increase bool) error {
	switch {
	case hours < minRetentionHours:
		return api.Errorf(kinesisapi.InvalidArgument, "Minimum allowed retention period is %d hours. "+
			"Requested retention period (%d hours) is too short.", minRetentionHours, hours)
	case hours > maxRetentionHours:
		return api.Errorf(kinesisapi.InvalidArgument, "Maximum allowed retention period is %d hours. "+
			"Requested retention period (%d hours) is too long.", maxRetentionHours, hours)
	}
	_, err := s.propose(ctx, ref, &catalog.SetRetention{Ref: ref, Hours: hours, Increase: increase})
	return err
}
