package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// TransactGetItems returns up to 100 items of any tables as of one moment.
func (s *Service) TransactGetItems(ctx context.Context, in *dynamodb.TransactGetItemsInput) (*dynamodb.TransactGetItemsOutput, error) {
	var of []*tables.Table
	var ids []uint64
	var keys []string
	var parts []projection
	for _, element := range in.TransactItems {
		get := element.Get
		part, err := readProjection(nil, get.ProjectionExpression, get.ExpressionAttributeNames)
		if err != nil {
			return nil, err
		}
		t, err := s.open(ctx, get.TableName)
		if err != nil {
			return nil, err
		}
		key, err := checkKey(t, get.Key)
		if err != nil {
			return nil, err
		}
		of, parts = append(of, t), append(parts, part)
		ids, keys = append(ids, t.ID), append(keys, t.Keys.Key(key))
	}
	spent := tally{asked: in.ReturnConsumedCapacity}
	out := &dynamodb.TransactGetItemsOutput{Responses: []types.ItemResponse{}}
	for i, item := range s.tables.GetAll(ids, keys) {
		spent.add(of[i], 2*readUnits(attr.Size(item), aws.Bool(true)))
		out.Responses = append(out.Responses, types.ItemResponse{Item: parts[i].of(item)})
	}
	out.ConsumedCapacity = spent.list()
	return out, nil
}
