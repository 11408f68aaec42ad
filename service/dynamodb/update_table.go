package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// UpdateTable creates or deletes an index, and changes the billing mode, the
// throughput, the class and the protection of a table. The description in the
// answer has a new index already.
func (s *Service) UpdateTable(ctx context.Context, in *dynamodb.UpdateTableInput) (*dynamodb.UpdateTableOutput, error) {
	t, err := s.find(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	d, err := alteration(t, in)
	if err != nil {
		return nil, err
	}
	changed, err := s.define(ctx, d)
	if err != nil {
		return nil, err
	}
	return &dynamodb.UpdateTableOutput{TableDescription: s.describe(changed)}, nil
}

// alteration returns the change that a request asks for.
func alteration(t *tables.Table, in *dynamodb.UpdateTableInput) (*tables.Alter, error) {
	if in.BillingMode == "" && in.ProvisionedThroughput == nil && len(in.GlobalSecondaryIndexUpdates) == 0 &&
		in.TableClass == "" && in.DeletionProtectionEnabled == nil && in.SSESpecification == nil && in.StreamSpecification == nil {
		return nil, invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	if err := refuseEncryption(in.SSESpecification); err != nil {
		return nil, err
	}
	if err := refuseStream(in.StreamSpecification); err != nil {
		return nil, err
	}
	d := &tables.Alter{Ref: t.Ref, Billing: in.BillingMode, Class: in.TableClass, Protected: in.DeletionProtectionEnabled}
	billing := t.Billing
	if d.Billing != "" {
		billing = d.Billing
	}
	if in.ProvisionedThroughput != nil || billing != t.Billing {
		p, err := throughputOf(billing, in.ProvisionedThroughput, "")
		if err != nil {
			return nil, err
		}
		if p == t.Throughput && billing == t.Billing && p != (tables.Throughput{}) {
			return nil, invalid("The provisioned throughput for the table will not change. The requested value equals the current value. "+
				"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "+
				"Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "+
				"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
				t.Throughput.Read, p.Read, t.Throughput.Write, p.Write)
		}
		d.Throughput = &p
	}
	definitions := t.Attributes
	if in.AttributeDefinitions != nil {
		definitions = in.AttributeDefinitions
	}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if err := alterIndex(d, billing, definitions, u); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// alterIndex adds the change of one index.
func alterIndex(d *tables.Alter, billing types.BillingMode, definitions []types.AttributeDefinition, u types.GlobalSecondaryIndexUpdate) error {
	if (u.Create != nil || u.Delete != nil) && (d.CreateIndex != nil || d.DeleteIndex != "") {
		return typed(api.Errorf("LimitExceededException",
			"Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"))
	}
	switch {
	case u.Create != nil && u.Delete == nil && u.Update == nil:
		x, err := indexOf(billing, definitions, u.Create.IndexName, u.Create.KeySchema, u.Create.Projection, u.Create.ProvisionedThroughput)
		if err != nil {
			return err
		}
		d.CreateIndex = &x
		for _, a := range definitions {
			if x.Keys.Has(aws.ToString(a.AttributeName)) {
				d.Attributes = append(d.Attributes, a)
			}
		}
	case u.Delete != nil && u.Create == nil && u.Update == nil:
		d.DeleteIndex = aws.ToString(u.Delete.IndexName)
	case u.Update != nil && u.Create == nil && u.Delete == nil:
		name := aws.ToString(u.Update.IndexName)
		p, err := throughputOf(billing, u.Update.ProvisionedThroughput, name)
		if err != nil {
			return err
		}
		if d.Indexes == nil {
			d.Indexes = make(map[string]tables.Throughput)
		}
		d.Indexes[name] = p
	default:
		return invalidValue("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
	}
	return nil
}
