package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leat-io/leat/service/dynamodb/expr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// Query returns a page of the items with one hash key in a table or an index, in
// the order of their range keys, without what the filter drops.
func (s *Service) Query(ctx context.Context, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	q, err := readQuery(in)
	if err != nil {
		return nil, err
	}
	p := page{limit: in.Limit, filter: q.filter, wanted: q.wanted}
	if p.source, err = s.source(ctx, in.TableName, in.IndexName, in.ConsistentRead); err != nil {
		return nil, err
	}
	if p.span, err = keySpan(p.keys(), q.keys); err != nil {
		return nil, err
	}
	p.span.Backward = in.ScanIndexForward != nil && !*in.ScanIndexForward
	if err = checkFilter(p.keys(), q.filter, in.FilterExpression != nil); err != nil {
		return nil, err
	}
	if err = p.selection(in.Select, p.wanted.paths != nil); err != nil {
		return nil, err
	}
	if err = p.startAfter(&p.span, in.ExclusiveStartKey); err != nil {
		return nil, err
	}
	out := s.read(&p)
	return &dynamodb.QueryOutput{
		Items: out.items, Count: out.count, ScannedCount: out.scanned, LastEvaluatedKey: out.last,
		ConsumedCapacity: consumed(in.ReturnConsumedCapacity, p.table, p.name(), readUnits(out.bytes, in.ConsistentRead)),
	}, nil
}

// query is what a request asks for.
type query struct {
	keys   *expr.Node // the conditions of the keys
	filter *expr.Node
	wanted projection
}

// readQuery reads the expressions of a request, in either style.
func readQuery(in *dynamodb.QueryInput) (q query, err error) {
	err = checkStyles(
		[]given{
			{"AttributesToGet", in.AttributesToGet != nil}, {"QueryFilter", in.QueryFilter != nil},
			{"ConditionalOperator", in.ConditionalOperator != ""}, {"KeyConditions", in.KeyConditions != nil},
		},
		[]given{
			{"ProjectionExpression", in.ProjectionExpression != nil}, {"FilterExpression", in.FilterExpression != nil},
			{"KeyConditionExpression", in.KeyConditionExpression != nil},
		},
	)
	if err != nil {
		return q, err
	}
	ph, refused := expr.NewPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues,
		in.KeyConditionExpression != nil || in.FilterExpression != nil || in.ProjectionExpression != nil)
	if refused != nil {
		return q, refused
	}
	switch {
	case in.KeyConditionExpression != nil:
		q.keys, refused = ph.Condition(expr.KeyCondition, *in.KeyConditionExpression)
	case in.KeyConditions != nil:
		q.keys, refused = expr.Conditions(in.KeyConditions, "")
	default:
		return q, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if refused != nil {
		return q, refused
	}
	if in.FilterExpression != nil {
		q.filter, refused = ph.Condition(expr.Filter, *in.FilterExpression)
	} else {
		q.filter, refused = expr.Conditions(in.QueryFilter, in.ConditionalOperator)
	}
	if refused != nil {
		return q, refused
	}
	if q.wanted, err = projectionOf(ph, in.AttributesToGet, in.ProjectionExpression); err != nil {
		return q, err
	}
	return q, as(ph.Unused())
}

// checkFilter refuses a filter on the attributes that the query is by.
func checkFilter(keys tables.Keys, filter *expr.Node, expression bool) error {
	var found string
	filter.EachPath(func(p expr.Path) {
		if keys.Has(p.Name()) {
			found = p.Name()
		}
	})
	switch {
	case found == "":
		return nil
	case expression:
		return invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", found)
	}
	return invalid("QueryFilter can only contain non-primary key attributes: Primary key attribute: %s", found)
}
