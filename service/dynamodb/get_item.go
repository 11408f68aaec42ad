package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
)

// GetItem returns the item with the key, or the wanted attributes of it.
func (s *Service) GetItem(ctx context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	wanted, err := readProjection(in.AttributesToGet, in.ProjectionExpression, in.ExpressionAttributeNames)
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
	item := s.tables.Get(t.ID, t.Keys.Key(key))
	return &dynamodb.GetItemOutput{
		Item:             wanted.of(item),
		ConsumedCapacity: consumed(in.ReturnConsumedCapacity, t, "", readUnits(attr.Size(item), in.ConsistentRead)),
	}, nil
}

// projection is the wanted part of items. Without paths it is all of them.
type projection struct{ paths []expr.Path }

// of returns the wanted part of the item, nil when there is no item.
func (p projection) of(item attr.Item) attr.Item {
	if item == nil || p.paths == nil {
		return item
	}
	return expr.Project(item, p.paths)
}

// readProjection reads the parameters that say what to return of an item, where
// no other expression needs names.
func readProjection(attributes []string, expression *string, names map[string]string) (projection, error) {
	err := checkStyles([]given{{"AttributesToGet", attributes != nil}}, []given{{"ProjectionExpression", expression != nil}})
	if err != nil {
		return projection{}, err
	}
	ph, refused := expr.NewPlaceholders(names, nil, expression != nil)
	if refused != nil {
		return projection{}, refused
	}
	wanted, err := projectionOf(ph, attributes, expression)
	if err != nil {
		return projection{}, err
	}
	return wanted, as(ph.Unused())
}

// projectionOf reads either of the two parameters.
func projectionOf(ph *expr.Placeholders, attributes []string, expression *string) (projection, error) {
	if expression != nil {
		paths, refused := ph.Projection(*expression)
		return projection{paths}, as(refused)
	}
	var p projection
	for i, name := range attributes {
		for _, other := range attributes[:i] {
			if name == other {
				return p, invalidValue("Duplicate value in attribute name: %s", name)
			}
		}
		p.paths = append(p.paths, expr.Attribute(name))
	}
	return p, nil
}
