package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/tables"
)

// PutItem puts an item in place of the one with its key, if there is one and if
// the condition is met.
func (s *Service) PutItem(ctx context.Context, in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
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
	item, err := checkNewItem(t, in.Item)
	if err != nil {
		return nil, err
	}
	done, err := s.write(ctx, tables.Op{Kind: tables.Put, Table: t.ID, Item: item, Condition: condition},
		in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.PutItemOutput{
		ConsumedCapacity: consumed(in.ReturnConsumedCapacity, t, "", writeUnits(done.Old, done.New)),
	}
	if in.ReturnValues == types.ReturnValueAllOld {
		out.Attributes = done.Old
	}
	return out, nil
}

// checkReturnValues refuses what PutItem and DeleteItem do not return.
func checkReturnValues(wanted types.ReturnValue) error {
	if wanted != "" && wanted != types.ReturnValueNone && wanted != types.ReturnValueAllOld {
		return invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	return nil
}

// write does one thing to one item.
func (s *Service) write(ctx context.Context, op tables.Op, onFailure types.ReturnValuesOnConditionCheckFailure) (*tables.Outcome, error) {
	result, err := s.writer.one(ctx, tables.Write{Ops: []tables.Op{op}})
	if err != nil {
		return nil, err
	}
	done := &result.Outcomes[0]
	if done.Err != nil {
		return nil, refusal(done, onFailure)
	}
	return done, nil
}
