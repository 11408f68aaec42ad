package dynamolease

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// indexName is the index that a worker finds its leases by (spec clients §3.1).
const indexName = "LeaseOwnerToLeaseKeyIndex"

// Open creates the table and its index where they are missing, waits until
// they are active, and finds out where the rows are that are not leases. To
// index a large table may take DynamoDB an hour; ctx bounds the wait.
func (s *Store) Open(ctx context.Context) error {
	if err := s.ensure(ctx, place{s.o.table, keyLease}); err != nil {
		return fmt.Errorf("open lease table: %w", err)
	}
	if err := s.findLayout(ctx); err != nil {
		return err
	}
	if err := s.ensureIndex(ctx); err != nil {
		return fmt.Errorf("open index of lease table: %w", err)
	}
	return nil
}

// describe returns the table, nil when there is none.
func (s *Store) describe(ctx context.Context, table string) (*types.TableDescription, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	switch {
	case hasCode(err, codeNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return out.Table, nil
}

// ensure has a table exist and be active. One that others are working on, with
// the status UPDATING, will do too.
func (s *Store) ensure(ctx context.Context, p place) error {
	for first := true; ; first = false {
		t, err := s.describe(ctx, p.table)
		if err != nil {
			return fmt.Errorf("describe %s: %w", p.table, err)
		}
		if t == nil && first {
			if t, err = s.create(ctx, p); err != nil {
				return fmt.Errorf("create %s: %w", p.table, err)
			}
		}
		if t != nil && (t.TableStatus == types.TableStatusActive || t.TableStatus == types.TableStatusUpdating) {
			return nil
		}
		if err := pause(ctx, s.o.poll); err != nil {
			return fmt.Errorf("wait for %s: %w", p.table, err)
		}
	}
}

// create creates a table, nil when another worker is just doing so.
func (s *Store) create(ctx context.Context, p place) (*types.TableDescription, error) {
	in := &dynamodb.CreateTableInput{
		TableName:            &p.table,
		KeySchema:            []types.KeySchemaElement{{AttributeName: &p.key, KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &p.key, AttributeType: types.ScalarAttributeTypeS}},
		BillingMode:          types.BillingModePayPerRequest,
	}
	if s.o.read > 0 && s.o.write > 0 {
		in.BillingMode = types.BillingModeProvisioned
		in.ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: &s.o.read, WriteCapacityUnits: &s.o.write}
	}
	if s.o.protected {
		in.DeletionProtectionEnabled = aws.Bool(true)
	}
	for _, name := range slices.Sorted(maps.Keys(s.o.tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(name), Value: aws.String(s.o.tags[name])})
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	out, err := s.client.CreateTable(ctx, in)
	switch {
	case hasCode(err, codeInUse):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return out.TableDescription, nil
}

// ensureIndex has the index exist and be active.
func (s *Store) ensureIndex(ctx context.Context) error {
	for {
		t, err := s.describe(ctx, s.o.table)
		if err != nil {
			return err
		}
		if t != nil {
			index := indexOf(t)
			if index == nil && t.TableStatus == types.TableStatusActive {
				if t, err = s.createIndex(ctx, t); err != nil {
					return err
				}
				index = indexOf(t)
			}
			if index != nil && index.IndexStatus == types.IndexStatusActive {
				return nil
			}
		}
		if err := pause(ctx, s.o.poll); err != nil {
			return err
		}
	}
}

// indexOf returns the index of a table, nil when it has none, or is nil.
func indexOf(t *types.TableDescription) *types.GlobalSecondaryIndexDescription {
	if t == nil {
		return nil
	}
	for i, index := range t.GlobalSecondaryIndexes {
		if aws.ToString(index.IndexName) == indexName {
			return &t.GlobalSecondaryIndexes[i]
		}
	}
	return nil
}

// createIndex creates the index and returns the table as it is then, nil when
// another worker was faster. Which error AWS gives for that depends on how far
// the other one is, so what counts is whether the index is there afterwards.
func (s *Store) createIndex(ctx context.Context, t *types.TableDescription) (*types.TableDescription, error) {
	create := &types.CreateGlobalSecondaryIndexAction{
		IndexName: aws.String(indexName),
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(attrOwner), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(keyLease), KeyType: types.KeyTypeRange},
		},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
	}
	onDemand := t.BillingModeSummary != nil && t.BillingModeSummary.BillingMode == types.BillingModePayPerRequest
	if p := t.ProvisionedThroughput; !onDemand && p != nil && aws.ToInt64(p.ReadCapacityUnits) > 0 {
		create.ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: p.ReadCapacityUnits, WriteCapacityUnits: p.WriteCapacityUnits}
	}
	request, cancel := s.request(ctx)
	defer cancel()
	out, err := s.client.UpdateTable(request, &dynamodb.UpdateTableInput{
		TableName: &s.o.table,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(attrOwner), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(keyLease), AttributeType: types.ScalarAttributeTypeS},
		},
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: create}},
	})
	if err == nil {
		return out.TableDescription, nil
	}
	now, describeErr := s.describe(ctx, s.o.table)
	if describeErr != nil || indexOf(now) == nil && !hasCode(err, codeInUse) {
		return nil, err
	}
	return now, nil
}
