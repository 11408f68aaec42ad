package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leat-io/leat/service/dynamodb/expr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// Scan returns a page of a table or an index, or of a segment of it, in an order
// that means nothing, without what the filter drops.
func (s *Service) Scan(ctx context.Context, in *dynamodb.ScanInput) (*dynamodb.ScanOutput, error) {
	p := page{limit: in.Limit}
	span, err := segment(in)
	if err != nil {
		return nil, err
	}
	p.span = span
	if p.filter, p.wanted, err = scanExpressions(in); err != nil {
		return nil, err
	}
	if p.source, err = s.source(ctx, in.TableName, in.IndexName, in.ConsistentRead); err != nil {
		return nil, err
	}
	if err = p.selection(in.Select, p.wanted.paths != nil); err != nil {
		return nil, err
	}
	if err = p.startAfter(&p.span, in.ExclusiveStartKey); err != nil {
		return nil, err
	}
	out := s.read(&p)
	return &dynamodb.ScanOutput{
		Items: out.items, Count: out.count, ScannedCount: out.scanned, LastEvaluatedKey: out.last,
		ConsumedCapacity: consumed(in.ReturnConsumedCapacity, p.table, p.name(), readUnits(out.bytes, in.ConsistentRead)),
	}, nil
}

// segment returns the part of the table that a parallel scan is for.
func segment(in *dynamodb.ScanInput) (tables.Span, error) {
	switch {
	case in.Segment == nil && in.TotalSegments == nil:
		return tables.Span{}, nil
	case in.TotalSegments == nil:
		return tables.Span{}, invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.Segment == nil:
		return tables.Span{}, invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case *in.Segment >= *in.TotalSegments:
		return tables.Span{}, invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d",
			*in.Segment, *in.TotalSegments)
	}
	from, to := tables.Segment(int(aws.ToInt32(in.Segment)), int(aws.ToInt32(in.TotalSegments)))
	return tables.Span{From: from, To: to}, nil
}

// scanExpressions reads the filter and the projection, in either style.
func scanExpressions(in *dynamodb.ScanInput) (filter *expr.Node, wanted projection, err error) {
	err = checkStyles(
		[]given{{"AttributesToGet", in.AttributesToGet != nil}, {"ScanFilter", in.ScanFilter != nil}, {"ConditionalOperator", in.ConditionalOperator != ""}},
		[]given{{"ProjectionExpression", in.ProjectionExpression != nil}, {"FilterExpression", in.FilterExpression != nil}},
	)
	if err != nil {
		return nil, wanted, err
	}
	ph, refused := expr.NewPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues,
		in.FilterExpression != nil || in.ProjectionExpression != nil)
	if refused != nil {
		return nil, wanted, refused
	}
	if wanted, err = projectionOf(ph, in.AttributesToGet, in.ProjectionExpression); err != nil {
		return nil, wanted, err
	}
	if in.FilterExpression != nil {
		filter, refused = ph.Condition(expr.Filter, *in.FilterExpression)
	} else {
		filter, refused = expr.Conditions(in.ScanFilter, in.ConditionalOperator)
	}
	if refused != nil {
		return nil, wanted, refused
	}
	return filter, wanted, as(ph.Unused())
}
