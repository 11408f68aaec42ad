package dynamodb

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
)

// parameters are those of a write that say when and how, in both styles.
type parameters struct {
	condition *string
	update    *string
	names     map[string]string
	values    attr.Item

	expected map[string]types.ExpectedAttributeValue
	operator types.ConditionalOperator
	updates  map[string]types.AttributeValueUpdate
}

// given is a parameter's name, and whether a request has it.
type given struct {
	name string
	is   bool
}

// checkStyles refuses a request with parameters of both styles.
func checkStyles(legacy, expressions []given) error {
	old, modern := present(legacy), present(expressions)
	if old != "" && modern != "" {
		return invalid("Can not use both expression and non-expression parameters in the same request: "+
			"Non-expression parameters: {%s} Expression parameters: {%s}", old, modern)
	}
	return nil
}

func present(all []given) string {
	var names []string
	for _, g := range all {
		if g.is {
			names = append(names, g.name)
		}
	}
	return strings.Join(names, ", ")
}

// read returns the condition, nil for none, and the update, nil for none.
func (p *parameters) read() (*expr.Node, *expr.Update, error) {
	err := checkStyles(
		[]given{
			{"AttributeUpdates", p.updates != nil}, {"Expected", p.expected != nil},
			{"ConditionalOperator", p.operator != ""},
		},
		[]given{{"UpdateExpression", p.update != nil}, {"ConditionExpression", p.condition != nil}},
	)
	if err != nil {
		return nil, nil, err
	}
	if p.condition == nil && p.update == nil {
		return p.readLegacy()
	}
	ph, refused := expr.NewPlaceholders(p.names, p.values, true)
	if refused != nil {
		return nil, nil, refused
	}
	var update *expr.Update
	if p.update != nil {
		if update, refused = ph.Update(*p.update); refused != nil {
			return nil, nil, refused
		}
	}
	var condition *expr.Node
	if p.condition != nil {
		if condition, refused = ph.Condition(expr.Condition, *p.condition); refused != nil {
			return nil, nil, refused
		}
	}
	return condition, update, as(ph.Unused())
}

func (p *parameters) readLegacy() (*expr.Node, *expr.Update, error) {
	if _, refused := expr.NewPlaceholders(p.names, p.values, false); refused != nil {
		return nil, nil, refused
	}
	condition, refused := expr.Expected(p.expected, p.operator)
	if refused != nil {
		return nil, nil, refused
	}
	if p.updates == nil {
		return condition, nil, nil
	}
	update, refused := expr.Updates(p.updates)
	return condition, update, as(refused)
}
