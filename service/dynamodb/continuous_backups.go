package dynamodb

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// UpdateContinuousBackups remembers whether point-in-time recovery is wanted,
// and does no more: there are no backups here but those of the data folder.
func (s *Service) UpdateContinuousBackups(ctx context.Context, in *dynamodb.UpdateContinuousBackupsInput) (*dynamodb.UpdateContinuousBackupsOutput, error) {
	ref, err := refOf(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	enabled := aws.ToBool(in.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled)
	t, err := s.define(ctx, &tables.SetRecovery{Ref: ref, Enabled: enabled})
	if err != nil {
		return nil, err
	}
	return &dynamodb.UpdateContinuousBackupsOutput{ContinuousBackupsDescription: s.backups(t)}, nil
}

// DescribeContinuousBackups tells what UpdateContinuousBackups was told.
func (s *Service) DescribeContinuousBackups(ctx context.Context, in *dynamodb.DescribeContinuousBackupsInput) (*dynamodb.DescribeContinuousBackupsOutput, error) {
	ref, err := refOf(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	t, ok := s.tables.Table(ref, s.nowMillis())
	if !ok {
		return nil, typed(api.Errorf("TableNotFoundException", "Table not found: %s", ref.Name))
	}
	return &dynamodb.DescribeContinuousBackupsOutput{ContinuousBackupsDescription: s.backups(t)}, nil
}

func (s *Service) backups(t *tables.Table) *types.ContinuousBackupsDescription {
	recovery := &types.PointInTimeRecoveryDescription{PointInTimeRecoveryStatus: types.PointInTimeRecoveryStatusDisabled}
	if t.Recovery {
		recovery.PointInTimeRecoveryStatus = types.PointInTimeRecoveryStatusEnabled
		recovery.EarliestRestorableDateTime = aws.Time(time.UnixMilli(t.CreatedMillis).UTC())
		recovery.LatestRestorableDateTime = aws.Time(time.UnixMilli(s.nowMillis()).UTC())
	}
	return &types.ContinuousBackupsDescription{
		ContinuousBackupsStatus: types.ContinuousBackupsStatusEnabled, PointInTimeRecoveryDescription: recovery,
	}
}
