package expr

import (
	"strconv"
	"strings"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Op says what a Node does. The numbers stand in the log
// (docs/formats/tables.md) and never change their meaning.
type Op byte

// What conditions consist of.
const (
	And            Op = 1
	Or             Op = 2
	Not            Op = 3
	Equal          Op = 4
	NotEqual       Op = 5
	Less           Op = 6
	LessOrEqual    Op = 7
	Greater        Op = 8
	GreaterOrEqual Op = 9
	Between        Op = 10 // Args: operand, lower, upper
	In             Op = 11 // Args: operand, candidates
	Exists         Op = 12
	NotExists      Op = 13
	HasType        Op = 14
	BeginsWith     Op = 15
	Contains       Op = 16
)

// What operands consist of.
const (
	PathOp      Op = 32
	ValueOp     Op = 33
	Size        Op = 34
	Plus        Op = 35
	Minus       Op = 36
	IfNotExists Op = 37
	ListAppend  Op = 38
)

// Node is a condition or an operand. Which fields it uses follows from Op: Path
// with PathOp, Value with ValueOp, Args with all others. Nodes are not changed
// once they are made.
type Node struct {
	Op    Op
	Path  Path
	Value attr.Value
	Args  []*Node
}

// Path leads to a value in an item: the name of an attribute, and what to take
// of that.
type Path []Step

// Step takes the value under a name from a map, or, when Name is empty, the
// element at Index from a list.
type Step struct {
	Name  string
	Index int
}

// Attribute returns the path of a whole attribute.
func Attribute(name string) Path { return Path{{Name: name}} }

// IsAttribute reports whether the path is that of a whole attribute.
func (p Path) IsAttribute() bool { return len(p) == 1 }

// Name returns the attribute that the path begins with.
func (p Path) Name() string { return p[0].Name }

func pathNode(p Path) *Node           { return &Node{Op: PathOp, Path: p} }
func valueNode(v attr.Value) *Node    { return &Node{Op: ValueOp, Value: v} }
func node(op Op, args ...*Node) *Node { return &Node{Op: op, Args: args} }

// Update is what an update does to an item.
type Update struct {
	Actions []Action
	// OnlyRemoves says that it makes no item where there is none.
	OnlyRemoves bool
}

// ActionKind is the clause that an Action stands in. The numbers stand in the
// log.
type ActionKind byte

// The clauses of an update.
const (
	Set    ActionKind = 1
	Remove ActionKind = 2
	Add    ActionKind = 3
	Delete ActionKind = 4
)

// Action is one change of an Update.
type Action struct {
	Kind   ActionKind
	Path   Path
	Value  *Node // nil of Remove; a ValueOp of Add and Delete
	Legacy bool  // an AttributeUpdates, whose rules for Add differ
}

// Paths returns the paths of all actions.
func (u *Update) Paths() []Path {
	paths := make([]Path, len(u.Actions))
	for i, a := range u.Actions {
		paths[i] = a.Path
	}
	return paths
}

// String returns the path as messages show it, such as "[a, b, [1]]".
func (p Path) String() string {
	steps := make([]string, len(p))
	for i, s := range p {
		if steps[i] = s.Name; s.Name == "" {
			steps[i] = "[" + strconv.Itoa(s.Index) + "]"
		}
	}
	return "[" + strings.Join(steps, ", ") + "]"
}

// EachPath calls visit with every path in the tree.
func (n *Node) EachPath(visit func(Path)) {
	if n == nil {
		return
	}
	if n.Op == PathOp {
		visit(n.Path)
	}
	for _, a := range n.Args {
		a.EachPath(visit)
	}
}

// Operands returns how many paths and values there are in the tree.
func (n *Node) Operands() int {
	switch {
	case n == nil:
		return 0
	case len(n.Args) == 0:
		return 1
	}
	sum := 0
	for _, a := range n.Args {
		sum += a.Operands()
	}
	return sum
}
