package expr

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
)

func invalidValue(format string, args ...any) *api.Error {
	return invalid("One or more parameter values were invalid: " + fmt.Sprintf(format, args...))
}

// Expected returns the condition of the legacy parameter Expected, nil for an
// empty one.
func Expected(expected map[string]types.ExpectedAttributeValue, operator types.ConditionalOperator) (*Node, *api.Error) {
	var all []*Node
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		e := expected[name]
		n, err := expectedOne(name, &e)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return combine(all, operator, "Filter or Expected")
}

func expectedOne(name string, e *types.ExpectedAttributeValue) (*Node, *api.Error) {
	if err := attr.CheckName(name); err != nil {
		return nil, err
	}
	path := pathNode(Attribute(name))
	exists := e.Exists == nil || *e.Exists
	if e.ComparisonOperator != "" {
		switch {
		case e.Exists != nil:
			return nil, invalidValue("Exists and ComparisonOperator cannot be used together for Attribute: %s", name)
		case e.Value != nil && e.AttributeValueList != nil:
			return nil, invalidValue("Value and AttributeValueList cannot be used together for Attribute: %s", name)
		case e.Value != nil:
			return comparison(path, e.ComparisonOperator, []attr.Value{e.Value})
		}
		return comparison(path, e.ComparisonOperator, e.AttributeValueList)
	}
	switch {
	case e.AttributeValueList != nil:
		return nil, invalidValue("AttributeValueList can only be used with a ComparisonOperator for Attribute: %s", name)
	case !exists && e.Value != nil:
		return nil, invalidValue("Value cannot be used when Exists is false for Attribute: %s", name)
	case !exists:
		return node(NotExists, path), nil
	case e.Value == nil && e.Exists != nil:
		return nil, invalidValue("Value must be provided when Exists is true for Attribute: %s", name)
	case e.Value == nil:
		return nil, invalidValue("Value must be provided when Exists is null for Attribute: %s", name)
	}
	return comparison(path, types.ComparisonOperatorEq, []attr.Value{e.Value})
}

// Conditions returns the condition of the legacy parameters ScanFilter and
// QueryFilter, nil for an empty one.
func Conditions(filter map[string]types.Condition, operator types.ConditionalOperator) (*Node, *api.Error) {
	var all []*Node
	for _, name := range slices.Sorted(maps.Keys(filter)) {
		if err := attr.CheckName(name); err != nil {
			return nil, err
		}
		c := filter[name]
		n, err := comparison(pathNode(Attribute(name)), c.ComparisonOperator, c.AttributeValueList)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return combine(all, operator, "Filter or Expected")
}

// combine joins conditions by the operator, AND unless told otherwise.
func combine(all []*Node, operator types.ConditionalOperator, parameters string) (*Node, *api.Error) {
	switch {
	case len(all) > maxOperators:
		return nil, invalidValue("%s has more than %d conditions", parameters, maxOperators)
	case operator != "" && len(all) == 0:
		return nil, invalid("ConditionalOperator cannot be used without " + parameters)
	case operator != "" && len(all) == 1:
		return nil, invalid("ConditionalOperator can only be used when " + parameters + " has two or more elements")
	case len(all) == 0:
		return nil, nil
	case len(all) == 1:
		return all[0], nil
	case operator == types.ConditionalOperatorOr:
		return node(Or, all...), nil
	}
	return node(And, all...), nil
}

// legacy are the comparison operators: how many values each takes, -1 for one
// or more, and what it becomes.
var legacy = map[types.ComparisonOperator]struct {
	values  int
	op      Op
	negated bool
	ordered bool // takes strings, numbers and blobs alone
}{
	types.ComparisonOperatorEq:          {1, Equal, false, false},
	types.ComparisonOperatorNe:          {1, NotEqual, false, false},
	types.ComparisonOperatorIn:          {-1, In, false, true},
	types.ComparisonOperatorLe:          {1, LessOrEqual, false, true},
	types.ComparisonOperatorLt:          {1, Less, false, true},
	types.ComparisonOperatorGe:          {1, GreaterOrEqual, false, true},
	types.ComparisonOperatorGt:          {1, Greater, false, true},
	types.ComparisonOperatorBetween:     {2, Between, false, true},
	types.ComparisonOperatorNotNull:     {0, Exists, false, false},
	types.ComparisonOperatorNull:        {0, NotExists, false, false},
	types.ComparisonOperatorContains:    {1, Contains, false, true},
	types.ComparisonOperatorNotContains: {1, Contains, true, true},
	types.ComparisonOperatorBeginsWith:  {1, BeginsWith, false, true},
}

// comparison returns the condition of one comparison operator.
func comparison(path *Node, operator types.ComparisonOperator, values []attr.Value) (*Node, *api.Error) {
	l, ok := legacy[operator]
	if !ok {
		return nil, invalid("ComparisonOperator must be one of the supported operators")
	}
	if n := len(values); n != l.values && (l.values >= 0 || n == 0) {
		return nil, invalidValue("Invalid number of argument(s) for the %s ComparisonOperator", operator)
	}
	args := []*Node{path}
	for _, v := range values {
		checked, err := attr.Check(v)
		if err != nil {
			return nil, err
		}
		kind := attr.TypeOf(checked)
		_, scalar := attr.Compare(checked, checked)
		if l.ordered && !scalar || l.op == BeginsWith && kind == "N" {
			return nil, invalidValue("ComparisonOperator %s is not valid for %s AttributeValue type", operator, kind)
		}
		if kind != attr.TypeOf(values[0]) {
			return nil, invalidValue("AttributeValues inside AttributeValueList must be of same type")
		}
		args = append(args, valueNode(checked))
	}
	if l.op == Between {
		if c, _ := attr.Compare(args[1].Value, args[2].Value); c > 0 {
			return nil, invalid("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
		}
	}
	if l.negated {
		// What is not there contains nothing, and still is not met.
		return node(And, node(Exists, path), node(Not, node(l.op, args...))), nil
	}
	return node(l.op, args...), nil
}

// Updates returns the update of the legacy parameter AttributeUpdates.
func Updates(updates map[string]types.AttributeValueUpdate) (*Update, *api.Error) {
	u := &Update{OnlyRemoves: len(updates) > 0}
	for _, name := range slices.Sorted(maps.Keys(updates)) {
		a, err := legacyAction(name, updates[name])
		if err != nil {
			return nil, err
		}
		u.OnlyRemoves = u.OnlyRemoves && (a.Kind == Remove || a.Kind == Delete)
		u.Actions = append(u.Actions, a)
	}
	return u, nil
}

func legacyAction(name string, update types.AttributeValueUpdate) (Action, *api.Error) {
	a := Action{Path: Attribute(name), Legacy: true}
	if err := attr.CheckName(name); err != nil {
		return a, err
	}
	if update.Value == nil {
		if update.Action != types.AttributeActionDelete {
			return a, invalidValue("Only DELETE action is allowed when no attribute value is specified")
		}
		a.Kind = Remove
		return a, nil
	}
	v, err := attr.Check(update.Value)
	if err != nil {
		return a, err
	}
	a.Value = valueNode(v)
	switch kind := attr.TypeOf(v); update.Action {
	case types.AttributeActionAdd:
		a.Kind = Add
		if kind != "N" && kind != "L" && !attr.IsSet(v) {
			return a, invalidValue("ADD action is not supported for the type %s", kind)
		}
	case types.AttributeActionDelete:
		a.Kind = Delete
		if !attr.IsSet(v) {
			return a, invalidValue("DELETE action with value is not supported for the type %s", kind)
		}
	default:
		a.Kind = Set
	}
	return a, nil
}
