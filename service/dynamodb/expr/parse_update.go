package expr

import (
	"slices"
	"strings"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Projection reads a list of paths.
func (p *Placeholders) Projection(text string) ([]Path, *api.Error) {
	var paths []Path
	err := p.parse(Projection, text, func(ps *parser) {
		paths = append(paths, ps.path())
		for ps.take(",") {
			paths = append(paths, ps.path())
		}
		ps.checkOverlap(paths)
	})
	return paths, err
}

// Update reads an update.
func (p *Placeholders) Update(text string) (*Update, *api.Error) {
	u := &Update{}
	err := p.parse(UpdateText, text, func(ps *parser) {
		seen := map[string]bool{}
		for ps.now.kind != endToken {
			section := strings.ToUpper(ps.now.text)
			kind, ok := sections[section]
			if !ok || ps.now.kind != wordToken {
				ps.unexpected()
				return
			}
			if seen[section] {
				ps.failf("The \"%s\" section can only be used once in an update expression;", section)
				return
			}
			seen[section] = true
			ps.advance()
			u.Actions = append(u.Actions, ps.action(kind))
			for ps.take(",") {
				u.Actions = append(u.Actions, ps.action(kind))
			}
		}
		ps.checkOverlap(u.Paths())
	})
	// What is added to the end of a list is in the order of its indexes there.
	slices.SortStableFunc(u.Actions, func(a, b Action) int { return comparePaths(a.Path, b.Path) })
	return u, err
}

var sections = map[string]ActionKind{"SET": Set, "REMOVE": Remove, "ADD": Add, "DELETE": Delete}

// action reads one action of a section.
func (ps *parser) action(kind ActionKind) Action {
	a := Action{Kind: kind, Path: ps.path()}
	switch kind {
	case Set:
		ps.expect("=")
		a.Value = ps.sum()
	case Add, Delete:
		if ps.now.kind != valueToken {
			ps.unexpected()
			return a
		}
		a.Value = ps.value()
		ps.checkSetOperand(kind, a.Value.Value)
	}
	return a
}

// typeNames are the types as messages about ADD and DELETE spell them.
var typeNames = map[string]string{
	"S": "STRING", "N": "NUMBER", "B": "BINARY", "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
	"BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP",
}

// checkSetOperand refuses what can be neither added nor taken away.
func (ps *parser) checkSetOperand(kind ActionKind, v attr.Value) {
	name, allowed := "ADD", attr.IsSet(v) || attr.TypeOf(v) == "N"
	if kind == Delete {
		name, allowed = "DELETE", attr.IsSet(v)
	}
	if ps.err == nil && !allowed {
		ps.failf("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND",
			name, typeNames[attr.TypeOf(v)], name)
	}
}

// sum reads the operand of SET: one term, or the sum or difference of two.
func (ps *parser) sum() *Node {
	n := ps.term()
	for symbol, op := range map[string]Op{"+": Plus, "-": Minus} {
		if !ps.take(symbol) {
			continue
		}
		ps.operator()
		sum := node(op, n, ps.term())
		for _, a := range sum.Args {
			if ps.err == nil && a.Op == ValueOp && attr.TypeOf(a.Value) != "N" {
				ps.failf("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", symbol, attr.TypeOf(a.Value))
			}
		}
		return sum
	}
	return n
}

// term reads a path, a value, or a call of one of the functions that SET has.
func (ps *parser) term() *Node {
	t := ps.now
	switch {
	case t.is("("):
		ps.advance()
		n := ps.sum()
		ps.expect(")")
		return n
	case t.kind == valueToken:
		return ps.value()
	case t.kind != wordToken || !next(ps.text, t.end).is("("):
		return pathNode(ps.path())
	}
	op, ok := map[string]Op{"if_not_exists": IfNotExists, "list_append": ListAppend}[t.text]
	if !ok {
		if _, known := functions[t.text]; known || t.text == "size" {
			ps.failf("The function is not allowed in an update expression; function: %s", t.text)
		} else {
			ps.failf("Invalid function name; function: %s", t.text)
		}
		return valueNode(nil)
	}
	ps.operator()
	ps.advance()
	ps.expect("(")
	args := []*Node{ps.term()}
	for ps.take(",") {
		args = append(args, ps.term())
	}
	ps.expect(")")
	ps.checkCall(t.text, op, args)
	return node(op, args...)
}

// checkCall refuses calls with other operands than the function takes.
func (ps *parser) checkCall(name string, op Op, args []*Node) {
	switch {
	case len(args) != 2:
		ps.failf("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", name, len(args))
	case op == IfNotExists && args[0].Op != PathOp:
		ps.failf("Operator or function requires a document path; operator or function: %s", name)
	}
	for _, a := range args {
		if ps.err == nil && op == ListAppend && a.Op == ValueOp && attr.TypeOf(a.Value) != "L" {
			ps.failf("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", name, attr.TypeOf(a.Value))
		}
	}
}

// checkOverlap refuses paths of which one leads to a part of the other, or
// takes for a list what the other takes for a map.
func (ps *parser) checkOverlap(paths []Path) {
	for i, a := range paths {
		for _, b := range paths[:i] {
			switch overlap(a, b) {
			case overlapping:
				ps.failf("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", b, a)
			case conflicting:
				ps.failf("Two document paths conflict with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", b, a)
			}
		}
	}
}

// relation is how two paths stand to each other.
type relation int

const (
	apart relation = iota
	overlapping
	conflicting
)

func overlap(a, b Path) relation {
	for i := range min(len(a), len(b)) {
		if (a[i].Name == "") != (b[i].Name == "") {
			return conflicting
		}
		if a[i] != b[i] {
			return apart
		}
	}
	return overlapping
}
