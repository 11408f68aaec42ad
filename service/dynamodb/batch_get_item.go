package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// What the calls for many items take and give.
const (
	maxBatchKeys   = 100
	maxBatchBytes  = 16 << 20
	maxBatchWrites = 25
)

// BatchGetItem returns up to 100 items of any tables. Those that are not there
// are left out, and those that would make the answer larger than 16 MB are
// returned as keys to be asked for again.
func (s *Service) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
	total := 0
	for _, wanted := range in.RequestItems {
		total += len(wanted.Keys)
	}
	if total > maxBatchKeys {
		return nil, invalid("Too many items requested for the BatchGetItem call")
	}
	out := &dynamodb.BatchGetItemOutput{
		Responses:       make(map[string][]attr.Item),
		UnprocessedKeys: make(map[string]types.KeysAndAttributes),
	}
	bytes := 0
	spent := tally{asked: in.ReturnConsumedCapacity}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		wanted := in.RequestItems[name]
		t, keys, part, err := s.batchKeys(ctx, name, &wanted)
		if err != nil {
			return nil, err
		}
		items := []attr.Item{}
		left := wanted
		left.Keys = nil
		for i, key := range keys {
			if bytes > maxBatchBytes {
				left.Keys = append(left.Keys, wanted.Keys[i])
				continue
			}
			item := s.tables.Get(t.ID, t.Keys.Key(key))
			size := attr.Size(item)
			bytes += size
			spent.add(t, readUnits(size, wanted.ConsistentRead))
			if item != nil {
				items = append(items, part.of(item))
			}
		}
		out.Responses[name] = items
		if left.Keys != nil {
			out.UnprocessedKeys[name] = left
		}
	}
	out.ConsumedCapacity = spent.list()
	return out, nil
}

// batchKeys reads what is wanted of one table.
func (s *Service) batchKeys(ctx context.Context, name string, wanted *types.KeysAndAttributes) (*tables.Table, []attr.Item, projection, error) {
	part, err := readProjection(wanted.AttributesToGet, wanted.ProjectionExpression, wanted.ExpressionAttributeNames)
	if err != nil {
		return nil, nil, part, err
	}
	t, err := s.open(ctx, aws.String(name))
	if err != nil {
		return nil, nil, part, err
	}
	keys := make([]attr.Item, len(wanted.Keys))
	seen := make(map[string]bool)
	for i, key := range wanted.Keys {
		if keys[i], err = checkKey(t, key); err != nil {
			return nil, nil, part, err
		}
		if place := t.Keys.Key(keys[i]); seen[place] {
			return nil, nil, part, invalid("Provided list of item keys contains duplicates")
		} else {
			seen[place] = true
		}
	}
	return t, keys, part, nil
}
