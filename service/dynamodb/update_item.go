package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// UpdateItem changes attributes of the item with the key, or makes one of them,
// if the condition is met.
func (s *Service) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	p := parameters{
		condition: in.ConditionExpression, update: in.UpdateExpression,
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		expected: in.Expected, operator: in.ConditionalOperator, updates: in.AttributeUpdates,
	}
	condition, update, err := p.read()
	if err != nil {
		return nil, err
	}
	t, err := s.open(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	op, err := updateOp(t, in.Key, condition, update)
	if err != nil {
		return nil, err
	}
	done, err := s.write(ctx, op, in.ReturnValuesOnConditionCheckFailure)
	if err != nil {
		return nil, err
	}
	return &dynamodb.UpdateItemOutput{
		Attributes:       returned(in.ReturnValues, op.Update, done),
		ConsumedCapacity: consumed(in.ReturnConsumedCapacity, t, "", writeUnits(done.Old, done.New)),
	}, nil
}

// updateOp returns the Op of an update, nil for one that only makes the item.
func updateOp(t *tables.Table, key attr.Item, condition *expr.Node, update *expr.Update) (tables.Op, error) {
	if update == nil {
		update = &expr.Update{}
	}
	checked, err := checkKey(t, key)
	if err != nil {
		return tables.Op{}, err
	}
	for _, a := range update.Actions {
		if t.Keys.Has(a.Path.Name()) {
			return tables.Op{}, invalidValue("Cannot update attribute %s. This attribute is part of the key", a.Path.Name())
		}
	}
	return tables.Op{Kind: tables.Update, Table: t.ID, Item: checked, Condition: condition, Update: update}, nil
}

// returned is what an update was asked to return, nil for nothing.
func returned(wanted types.ReturnValue, u *expr.Update, done *tables.Outcome) attr.Item {
	var part attr.Item
	switch wanted {
	case types.ReturnValueAllOld:
		return done.Old
	case types.ReturnValueAllNew:
		return done.New
	case types.ReturnValueUpdatedOld:
		part = expr.Project(done.Old, u.Paths())
	case types.ReturnValueUpdatedNew:
		part = expr.Project(done.New, u.Paths())
	}
	if len(part) == 0 {
		return nil
	}
	return part
}
