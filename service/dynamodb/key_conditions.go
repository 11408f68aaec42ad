package dynamodb

import (
	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// errKeyCondition is the answer to key conditions that are no span of an order.
var errKeyCondition = invalid("Query key condition not supported")

// keyTest is a condition of one key attribute.
type keyTest struct {
	op     expr.Op
	values []attr.Value
}

// keySpan returns the span that the conditions leave: of all items with one
// hash key, those whose range keys meet the other condition, if there is one.
func keySpan(keys tables.Keys, n *expr.Node) (tables.Span, error) {
	tests, err := keyTests(n)
	if err != nil {
		return tables.Span{}, err
	}
	hash, ok := tests[keys.Hash.Name]
	switch {
	case !ok:
		return tables.Span{}, invalid("Query condition missed key schema element: %s", keys.Hash.Name)
	case hash.op != expr.Equal:
		return tables.Span{}, errKeyCondition
	}
	if err := checkTypes(keys.Hash, hash); err != nil {
		return tables.Span{}, err
	}
	prefix := string(tables.AppendHash(nil, hash.values[0]))
	if len(tests) == 1 {
		return tables.Prefix(prefix), nil
	}
	ranged, ok := tests[keys.Range.Name]
	switch {
	case keys.Range.Name == "":
		return tables.Span{}, errKeyCondition
	case !ok:
		return tables.Span{}, invalid("Query condition missed key schema element: %s", keys.Range.Name)
	}
	if err := checkTypes(keys.Range, ranged); err != nil {
		return tables.Span{}, err
	}
	return rangeSpan(prefix, ranged)
}

// rangeSpan returns the part of a hash key's items that meet a condition.
func rangeSpan(prefix string, test keyTest) (tables.Span, error) {
	place := func(i int) string { return string(attr.AppendKey([]byte(prefix), test.values[i])) }
	span := tables.Prefix(prefix)
	switch test.op {
	case expr.Equal:
		span = tables.Prefix(place(0))
	case expr.Less:
		span.To = place(0)
	case expr.LessOrEqual:
		span.To = tables.Successor(place(0))
	case expr.Greater:
		span.From = tables.Successor(place(0))
	case expr.GreaterOrEqual:
		span.From = place(0)
	case expr.Between:
		span.From, span.To = place(0), tables.Successor(place(1))
	case expr.BeginsWith:
		if attr.TypeOf(test.values[0]) == "N" {
			return span, errKeyCondition
		}
		span = tables.Prefix(string(attr.AppendKeyPrefix([]byte(prefix), test.values[0])))
	default:
		return span, errKeyCondition
	}
	return span, nil
}

// checkTypes refuses values of another type than the key's.
func checkTypes(a tables.KeyAttribute, test keyTest) error {
	for _, v := range test.values {
		if attr.TypeOf(v) != string(a.Type) {
			return invalidValue("Condition parameter type does not match schema type")
		}
		if n, ok := attr.Length(v); ok && n == 0 {
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", a.Name)
		}
	}
	return nil
}

// keyTests takes a condition apart into those of single attributes.
func keyTests(n *expr.Node) (map[string]keyTest, error) {
	parts := []*expr.Node{n}
	switch {
	case n == nil:
		return nil, nil
	case n.Op == expr.And:
		parts = n.Args
	case n.Op == expr.Or || n.Op == expr.Not:
		return nil, invalid("Invalid operator used in KeyConditionExpression: %s", map[expr.Op]string{expr.Or: "OR", expr.Not: "NOT"}[n.Op])
	}
	if len(parts) > 2 {
		return nil, invalid("Conditions can be of length 1 or 2 only")
	}
	tests := make(map[string]keyTest, len(parts))
	for _, part := range parts {
		path, test, ok := keyTestOf(part)
		if !ok {
			return nil, errKeyCondition
		}
		if _, twice := tests[path.Name()]; twice {
			return nil, invalid("KeyConditionExpressions must only contain one condition per key")
		}
		tests[path.Name()] = test
	}
	return tests, nil
}

// keyTestOf returns the condition of a node that compares an attribute with
// values. The attribute may stand on either side of a comparison.
func keyTestOf(n *expr.Node) (expr.Path, keyTest, bool) {
	if n.Op < expr.Equal || len(n.Args) == 0 {
		return nil, keyTest{}, false
	}
	op, args := n.Op, n.Args
	if mirror, ok := mirrored[op]; ok && args[0].Op == expr.ValueOp {
		op, args = mirror, []*expr.Node{args[1], args[0]}
	}
	if args[0].Op != expr.PathOp || !args[0].Path.IsAttribute() {
		return nil, keyTest{}, false
	}
	test := keyTest{op: op}
	for _, a := range args[1:] {
		if a.Op != expr.ValueOp {
			return nil, keyTest{}, false
		}
		test.values = append(test.values, a.Value)
	}
	return args[0].Path, test, len(test.values) > 0
}

// mirrored are the comparisons with their sides exchanged.
var mirrored = map[expr.Op]expr.Op{
	expr.Equal: expr.Equal, expr.Less: expr.Greater, expr.Greater: expr.Less,
	expr.LessOrEqual: expr.GreaterOrEqual, expr.GreaterOrEqual: expr.LessOrEqual,
}
