package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/tables"
)

// DeleteItem deletes the item with the key, if there is one and if the condition
// is met. That there is none is no error.
func (s *Service) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput) (*dynamodb.DeleteItemOutput, error) {
	if err := checkReturnValues(in.ReturnValues); err != nil {
		return nil, err
	}
	p := parameters{
		condition: in.ConditionExpression, names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		expected: in.Expected, operator: in.ConditionalOperator,
	}
	condition, _, err := p.read()
	if err != nil {
		return nil, err
	}
	t, err := s.open(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	key, err := checkKey(t, in.Key)
	if err != nil {
		return nil, err
	}
	done, err := s.write(ctx, tables.Op{Kind: tables.Delete, Table: t.ID, Item: key, Condition: condition},
		in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.DeleteItemOutput{
		ConsumedCapacity: consumed(in.ReturnConsumedCapacity, t, "", writeUnits(done.Old, nil)),
	}
	if in.ReturnValues == types.ReturnValueAllOld {
		out.Attributes = done.Old
	}
	return out, nil
}
