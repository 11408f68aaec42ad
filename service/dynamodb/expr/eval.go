package expr

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Test reports whether the item, nil for one that does not exist, meets the
// condition. A nil condition is met by all.
func (n *Node) Test(item attr.Item) bool { return n.Tester()(item) }

// Tester returns Test for one item after another, not to be called concurrently.
func (n *Node) Tester() func(item attr.Item) bool {
	t := new(trial)
	return func(item attr.Item) bool {
		t.begin(item)
		return n == nil || t.test(n)
	}
}

// trial is the test of items. A condition of 4 KiB may ask hundreds of times about
// values of 400 KB. The first questions about an item are answered by looking at
// both; from then on the trial notes what it finds out about each, and looks at it
// only once.
type trial struct {
	item  attr.Item
	asked int // questions about values of it that are not scalar
	of    notes
	// values are those in the condition, which stay the same.
	values notes
}

// notes are about values that are compared often.
type notes struct {
	identities map[attr.Value]string
	members    map[attr.Value]map[string]bool // their identities
}

// directQuestions is how many questions are answered without notes, which cost
// several times what an answer does.
const directQuestions = 4

// begin turns to an item.
func (t *trial) begin(item attr.Item) { t.item, t.asked, t.of = item, 0, notes{} }

func (t *trial) test(n *Node) bool {
	switch n.Op {
	case And:
		return !slices.ContainsFunc(n.Args, func(a *Node) bool { return !t.test(a) })
	case Or:
		return slices.ContainsFunc(n.Args, t.test)
	case Not:
		return !t.test(n.Args[0])
	case Exists:
		return n.Args[0].operand(t.item) != nil
	case NotExists:
		return n.Args[0].operand(t.item) == nil
	}
	return t.compare(n)
}

// compare is test of what has operands. A comparison with what is not there
// fails, but for NotEqual.
func (t *trial) compare(n *Node) bool {
	first := n.Args[0].operand(t.item)
	if n.Op == In {
		return first != nil && slices.ContainsFunc(n.Args[1:], func(candidate *Node) bool {
			v := candidate.operand(t.item)
			return v != nil && t.ask(Equal, n.Args[0], first, candidate, v)
		})
	}
	second := n.Args[1].operand(t.item)
	if first == nil || second == nil {
		return n.Op == NotEqual && (first == nil) != (second == nil)
	}
	switch n.Op {
	case Equal, Contains:
		return t.ask(n.Op, n.Args[0], first, n.Args[1], second)
	case NotEqual:
		return !t.ask(Equal, n.Args[0], first, n.Args[1], second)
	case HasType:
		return attr.Equal(attr.String(attr.TypeOf(first)), second)
	case BeginsWith:
		return attr.HasPrefix(first, second)
	case Between:
		third := n.Args[2].operand(t.item)
		return third != nil && ordered(GreaterOrEqual, first, second) && ordered(LessOrEqual, first, third)
	}
	return ordered(n.Op, first, second)
}

// ask reports whether a is equal to b, or contains it, which are what the operands
// x and y come to.
func (t *trial) ask(op Op, x *Node, a attr.Value, y *Node, b attr.Value) bool {
	noted := false
	if !attr.IsScalar(a) {
		t.asked++
		noted = t.asked > directQuestions
	}
	switch {
	case noted && op == Contains:
		return t.about(x).membersOf(a)[t.about(y).identityOf(b)]
	case noted:
		return t.about(x).identityOf(a) == t.about(y).identityOf(b)
	case op == Contains:
		return attr.Contains(a, b)
	}
	return attr.Equal(a, b)
}

// about returns the notes that are for the values of an operand.
func (t *trial) about(operand *Node) *notes {
	if operand.Op == ValueOp {
		return &t.values
	}
	return &t.of
}

// identityOf returns the identity of a value.
func (n *notes) identityOf(v attr.Value) string {
	id, known := n.identities[v]
	if !known {
		if n.identities == nil {
			n.identities = make(map[attr.Value]string)
		}
		id = attr.Identity(v)
		n.identities[v] = id
	}
	return id
}

// membersOf returns the identities of what is in a value.
func (n *notes) membersOf(v attr.Value) map[string]bool {
	members, known := n.members[v]
	if !known {
		if n.members == nil {
			n.members = make(map[attr.Value]map[string]bool)
		}
		members = attr.Members(v)
		n.members[v] = members
	}
	return members
}

// ordered reports whether two values of one type are in the order.
func ordered(op Op, a, b attr.Value) bool {
	c, ok := attr.Compare(a, b)
	switch {
	case !ok:
		return false
	case op == Less:
		return c < 0
	case op == LessOrEqual:
		return c <= 0
	case op == Greater:
		return c > 0
	}
	return c >= 0
}

// operand returns the value of an operand of a condition, nil when there is
// none.
func (n *Node) operand(item attr.Item) attr.Value {
	switch n.Op {
	case PathOp:
		return n.Path.In(item)
	case ValueOp:
		return n.Value
	case Size:
		if length, ok := attr.Length(n.Args[0].operand(item)); ok {
			return &types.AttributeValueMemberN{Value: strconv.Itoa(length)}
		}
	}
	return nil
}

// In returns the value that the path leads to in the item, nil when there is
// none.
func (p Path) In(item attr.Item) attr.Value {
	v := item[p[0].Name]
	for _, s := range p[1:] {
		v = s.in(v)
	}
	return v
}

// in returns the value that the step leads to, nil when there is none.
func (s Step) in(v attr.Value) attr.Value {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		if s.Name != "" {
			return v.Value[s.Name]
		}
	case *types.AttributeValueMemberL:
		if s.Name == "" && s.Index < len(v.Value) {
			return v.Value[s.Index]
		}
	}
	return nil
}
