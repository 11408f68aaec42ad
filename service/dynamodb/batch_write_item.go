package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/tables"
)

// BatchWriteItem puts and deletes up to 25 items of any tables, each for itself,
// but in one commit. Nothing is left unprocessed.
func (s *Service) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
	var writes []tables.Write
	var of []*tables.Table
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		if len(in.RequestItems[name]) == 0 {
			return nil, invalid("The batch write request list for a table cannot be null or empty")
		}
		t, err := s.open(ctx, aws.String(name))
		if err != nil {
			return nil, err
		}
		seen := make(map[string]bool)
		for _, request := range in.RequestItems[name] {
			op, err := batchOp(t, &request)
			if err != nil {
				return nil, err
			}
			if place := t.Keys.Key(op.Item); seen[place] {
				return nil, invalid("Provided list of item keys contains duplicates")
			} else {
				seen[place] = true
			}
			writes = append(writes, tables.Write{Ops: []tables.Op{op}})
			of = append(of, t)
		}
	}
	if len(writes) > maxBatchWrites {
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	results, err := s.writer.do(ctx, writes...)
	if err != nil {
		return nil, err
	}
	spent := tally{asked: in.ReturnConsumedCapacity}
	for i := range results {
		done := &results[i].Outcomes[0]
		if done.Err != nil {
			return nil, refusal(done, "")
		}
		spent.add(of[i], writeUnits(done.Old, done.New))
	}
	return &dynamodb.BatchWriteItemOutput{
		UnprocessedItems: map[string][]types.WriteRequest{}, ConsumedCapacity: spent.list(),
	}, nil
}

// batchOp returns the Op of one request.
func batchOp(t *tables.Table, request *types.WriteRequest) (tables.Op, error) {
	switch put, del := request.PutRequest, request.DeleteRequest; {
	case put != nil && del == nil:
		item, err := checkNewItem(t, put.Item)
		return tables.Op{Kind: tables.Put, Table: t.ID, Item: item}, err
	case del != nil && put == nil:
		key, err := checkKey(t, del.Key)
		return tables.Op{Kind: tables.Delete, Table: t.ID, Item: key}, err
	}
	return tables.Op{}, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
}
