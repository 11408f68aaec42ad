package expr

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Condition reads a condition; parameter is what holds it.
func (p *Placeholders) Condition(parameter, text string) (*Node, *api.Error) {
	var n *Node
	err := p.parse(parameter, text, func(ps *parser) { n = ps.or() })
	return n, err
}

func (ps *parser) or() *Node {
	n := ps.and()
	for ps.takeWord("OR") {
		ps.operator()
		n = join(Or, n, ps.and())
	}
	return n
}

func (ps *parser) and() *Node {
	n := ps.not()
	for ps.takeWord("AND") {
		ps.operator()
		n = join(And, n, ps.not())
	}
	return n
}

// join returns a node of both conditions, and of what the first consists of.
func join(op Op, a, b *Node) *Node {
	if a.Op == op {
		return node(op, append(slices.Clip(a.Args), b)...)
	}
	return node(op, a, b)
}

func (ps *parser) not() *Node {
	if ps.takeWord("NOT") {
		ps.operator()
		return node(Not, ps.not())
	}
	if ps.now.is("(") {
		return ps.group()
	}
	return ps.test()
}

// group reads a condition in parentheses.
func (ps *parser) group() *Node {
	ps.advance()
	inner := ps.now
	n := ps.or()
	if ps.err == nil && inner.is("(") && ps.closes(inner) {
		ps.failf("The expression has redundant parentheses;")
	}
	ps.expect(")")
	return n
}

// closes reports whether the parenthesis that was just read closes the one at
// open.
func (ps *parser) closes(open token) bool {
	depth := 0
	for t := open; t.end <= ps.last.end && t.kind != endToken; t = next(ps.text, t.end) {
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
			if depth == 0 {
				return t.end == ps.last.end
			}
		}
	}
	return false
}

// functions are the conditions that look like calls, and how many operands they
// take.
var functions = map[string]struct {
	op   Op
	args int
}{
	"attribute_exists":     {Exists, 1},
	"attribute_not_exists": {NotExists, 1},
	"attribute_type":       {HasType, 2},
	"begins_with":          {BeginsWith, 2},
	"contains":             {Contains, 2},
}

var comparators = map[string]Op{
	"=": Equal, "<>": NotEqual, "<": Less, "<=": LessOrEqual, ">": Greater, ">=": GreaterOrEqual,
}

// test reads a function or a comparison.
func (ps *parser) test() *Node {
	if name := ps.now; name.kind == wordToken && next(ps.text, name.end).is("(") && name.text != "size" {
		return ps.function(name.text)
	}
	first := ps.operand()
	ps.operator()
	switch {
	case ps.takeWord("BETWEEN"):
		lower := ps.operand()
		if !ps.takeWord("AND") {
			ps.unexpected()
		}
		n := node(Between, first, lower, ps.operand())
		ps.checkBetween(n)
		return n
	case ps.takeWord("IN"):
		ps.expect("(")
		n := node(In, first, ps.operand())
		for ps.take(",") {
			n.Args = append(n.Args, ps.operand())
		}
		ps.expect(")")
		if len(n.Args) > 101 {
			ps.failf("The IN operator is provided with too many operands; number of operands: %d", len(n.Args)-1)
		}
		return n
	}
	symbol := ps.now.text
	op, ok := comparators[symbol]
	if !ok || ps.now.kind != symbolToken {
		ps.unexpected()
		return first
	}
	ps.advance()
	n := node(op, first, ps.operand())
	if op > NotEqual {
		ps.checkOrdered("operator: "+symbol, n.Args)
	}
	if same(n.Args[0], n.Args[1]) {
		ps.failf("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", symbol, n.Args[0].Path)
	}
	return n
}

// same reports whether two operands are one path.
func same(a, b *Node) bool {
	return a.Op == PathOp && b.Op == PathOp && comparePaths(a.Path, b.Path) == 0
}

// checkOrdered refuses values that have no order.
func (ps *parser) checkOrdered(operator string, args []*Node) {
	for _, a := range args {
		if a.Op != ValueOp || a.Value == nil {
			continue
		}
		if _, ok := attr.Compare(a.Value, a.Value); !ok {
			ps.failf("Incorrect operand type for operator or function; %s, operand type: %s", operator, attr.TypeOf(a.Value))
		}
	}
}

func (ps *parser) checkBetween(n *Node) {
	ps.checkOrdered("operator: BETWEEN", n.Args)
	lower, upper := n.Args[1], n.Args[2]
	if ps.err != nil || lower.Op != ValueOp || upper.Op != ValueOp {
		return
	}
	switch c, ok := attr.Compare(lower.Value, upper.Value); {
	case !ok:
		ps.failf("The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {%s}, upper bound operand: AttributeValue: {%s}",
			describe(lower.Value), describe(upper.Value))
	case c > 0:
		ps.failf("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {%s}, upper bound operand: AttributeValue: {%s}",
			describe(lower.Value), describe(upper.Value))
	}
}

// describe returns a value as messages show it.
func describe(v attr.Value) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return "S:" + v.Value
	case *types.AttributeValueMemberN:
		return "N:" + v.Value
	}
	return attr.TypeOf(v)
}

// function reads a call.
func (ps *parser) function(name string) *Node {
	f, ok := functions[name]
	if !ok {
		ps.failf("Invalid function name; function: %s", name)
		return valueNode(nil)
	}
	ps.operator()
	ps.advance()
	args := ps.arguments()
	if len(args) != f.args {
		ps.failf("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", name, len(args))
	}
	if ps.err == nil {
		ps.checkFunction(name, f.op, args)
	}
	return node(f.op, args...)
}

// arguments reads operands in parentheses.
func (ps *parser) arguments() []*Node {
	ps.expect("(")
	args := []*Node{ps.operand()}
	for ps.take(",") {
		args = append(args, ps.operand())
	}
	ps.expect(")")
	return args
}

// checkFunction refuses operands of the wrong kind.
func (ps *parser) checkFunction(name string, op Op, args []*Node) {
	if op != BeginsWith && op != Contains && args[0].Op != PathOp {
		ps.failf("Operator or function requires a document path; operator or function: %s", name)
		return
	}
	if op == Exists || op == NotExists {
		return
	}
	last := args[1]
	if op == Contains && same(args[0], last) {
		ps.failf("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", name, last.Path)
		return
	}
	if last.Op != ValueOp {
		return
	}
	kind := attr.TypeOf(last.Value)
	switch {
	case op == BeginsWith && kind != "S" && kind != "B", op == HasType && kind != "S":
		ps.failf("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", name, kind)
	case op == HasType:
		if text := last.Value.(*types.AttributeValueMemberS).Value; !slices.Contains(attr.Types, text) {
			ps.failf("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", text)
		}
	}
}

// operand reads a path, a value, or the size of one of them.
func (ps *parser) operand() *Node {
	t := ps.now
	if t.kind == wordToken && next(ps.text, t.end).is("(") {
		if t.text != "size" {
			if _, ok := functions[t.text]; ok {
				ps.failf("The function is not allowed to be used this way in an expression; function: %s", t.text)
			} else {
				ps.failf("Invalid function name; function: %s", t.text)
			}
			return valueNode(nil)
		}
		ps.operator()
		ps.advance()
		args := ps.arguments()
		if len(args) != 1 {
			ps.failf("Incorrect number of operands for operator or function; operator or function: size, number of operands: %d", len(args))
		}
		return node(Size, args...)
	}
	if t.kind == valueToken {
		return ps.value()
	}
	return pathNode(ps.path())
}
