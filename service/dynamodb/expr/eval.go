package expr

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Test reports whether the item, nil for one that does not exist, meets the
// condition. A nil condition is met by all.
func (n *Node) Test(item attr.Item) bool {
	t := trial{item: item}
	return n == nil || t.test(n)
}

// trial is the test of one item. It answers no question about large values
// twice: a condition of 4 KiB may put a thousand about two values of 400 KB.
type trial struct {
	item    attr.Item
	answers map[question]bool // nil before the first
}

// question is about two values, whose identities it has.
type question struct {
	op   Op // Equal or Contains
	a, b attr.Value
}

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
			return v != nil && t.ask(Equal, first, v)
		})
	}
	second := n.Args[1].operand(t.item)
	if first == nil || second == nil {
		return n.Op == NotEqual && (first == nil) != (second == nil)
	}
	switch n.Op {
	case Equal, Contains:
		return t.ask(n.Op, first, second)
	case NotEqual:
		return !t.ask(Equal, first, second)
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

// ask answers a question, and keeps the answer unless it is quickly found again.
func (t *trial) ask(op Op, a, b attr.Value) bool {
	q := question{op, a, b}
	answer, known := t.answers[q]
	switch {
	case known:
		return answer
	case op == Contains:
		answer = attr.Contains(a, b)
	default:
		answer = attr.Equal(a, b)
	}
	if !attr.IsScalar(a) {
		if t.answers == nil {
			t.answers = make(map[question]bool)
		}
		t.answers[q] = answer
	}
	return answer
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
