package dynamodb

import (
	"context"
	"crypto/md5"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/tables"
)

// DescribeTable tells all about a table. Its items and bytes are those of now,
// where AWS counts every six hours.
func (s *Service) DescribeTable(ctx context.Context, in *dynamodb.DescribeTableInput) (*dynamodb.DescribeTableOutput, error) {
	t, err := s.find(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	return &dynamodb.DescribeTableOutput{Table: s.describe(t)}, nil
}

// find returns the table that a request names, whatever its status.
func (s *Service) find(ctx context.Context, name *string) (*tables.Table, error) {
	ref, err := refOf(ctx, name)
	if err != nil {
		return nil, err
	}
	t, ok := s.tables.Table(ref, s.nowMillis())
	if !ok {
		return nil, typed(tables.NotFound(ref))
	}
	return t, nil
}

func (s *Service) describe(t *tables.Table) *types.TableDescription {
	now := s.nowMillis()
	totals, ofIndexes := s.tables.Totals(t.ID)
	d := &types.TableDescription{
		TableName:                 aws.String(t.Name),
		TableArn:                  aws.String(t.ARN()),
		TableId:                   aws.String(tableID(t)),
		TableStatus:               t.Phase.At(now),
		AttributeDefinitions:      t.Attributes,
		KeySchema:                 schemaOf(t.Keys),
		CreationDateTime:          aws.Time(time.UnixMilli(t.CreatedMillis).UTC()),
		ItemCount:                 aws.Int64(totals.Items),
		TableSizeBytes:            aws.Int64(totals.Bytes),
		ProvisionedThroughput:     throughputShape(t.Throughput),
		DeletionProtectionEnabled: aws.Bool(t.Protected),
	}
	if t.Phase.Status == types.TableStatusDeleting {
		d.TableStatus = types.TableStatusDeleting
	}
	if t.Billing == types.BillingModePayPerRequest {
		d.BillingModeSummary = &types.BillingModeSummary{BillingMode: t.Billing, LastUpdateToPayPerRequestDateTime: d.CreationDateTime}
	}
	if t.Class != "" {
		d.TableClassSummary = &types.TableClassSummary{TableClass: t.Class}
	}
	for i := range t.Indexes {
		x := &t.Indexes[i]
		part := ofIndexes[x.Name]
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, types.GlobalSecondaryIndexDescription{
			IndexName:             aws.String(x.Name),
			IndexArn:              aws.String(t.ARN() + "/index/" + x.Name),
			IndexStatus:           types.IndexStatus(x.Phase.At(now)),
			KeySchema:             schemaOf(x.Keys),
			Projection:            &types.Projection{ProjectionType: x.Projection, NonKeyAttributes: x.NonKeys},
			ProvisionedThroughput: throughputShape(x.Throughput),
			ItemCount:             aws.Int64(part.Items),
			IndexSizeBytes:        aws.Int64(part.Bytes),
		})
	}
	return d
}

// tableID returns the table's identity in the form of a UUID.
func tableID(t *tables.Table) string {
	sum := md5.Sum(fmt.Appendf(nil, "%s %d %d", t.ARN(), t.ID, t.CreatedMillis))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:])
}

func schemaOf(keys tables.Keys) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(keys.Hash.Name), KeyType: types.KeyTypeHash}}
	if keys.Range.Name != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(keys.Range.Name), KeyType: types.KeyTypeRange})
	}
	return schema
}

func throughputShape(t tables.Throughput) *types.ProvisionedThroughputDescription {
	return &types.ProvisionedThroughputDescription{
		ReadCapacityUnits: aws.Int64(t.Read), WriteCapacityUnits: aws.Int64(t.Write), NumberOfDecreasesToday: aws.Int64(0),
	}
}
