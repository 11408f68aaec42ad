package expr

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Test reports whether the item, nil for one that does not exist, meets the
// condition. A nil condition is met by all.
func (n *Node) Test(item attr.Item) bool {
	if n == nil {
		return true
	}
	switch n.Op {
	case And:
		for _, a := range n.Args {
			if !a.Test(item) {
				return false
			}
		}
		return true
	case Or:
		for _, a := range n.Args {
			if a.Test(item) {
				return true
			}
		}
		return false
	case Not:
		return !n.Args[0].Test(item)
	case Exists:
		return n.Args[0].operand(item) != nil
	case NotExists:
		return n.Args[0].operand(item) == nil
	}
	return n.compare(item)
}

// compare is Test of what has operands. A comparison with what is not there
// fails, but for NotEqual.
func (n *Node) compare(item attr.Item) bool {
	first := n.Args[0].operand(item)
	if n.Op == In {
		for _, candidate := range n.Args[1:] {
			if v := candidate.operand(item); first != nil && v != nil && attr.Equal(first, v) {
				return true
			}
		}
		return false
	}
	second := n.Args[1].operand(item)
	if first == nil || second == nil {
		return n.Op == NotEqual && (first == nil) != (second == nil)
	}
	switch n.Op {
	case Equal:
		return attr.Equal(first, second)
	case NotEqual:
		return !attr.Equal(first, second)
	case HasType:
		return attr.Equal(attr.String(attr.TypeOf(first)), second)
	case BeginsWith:
		return attr.HasPrefix(first, second)
	case Contains:
		return attr.Contains(first, second)
	case Between:
		third := n.Args[2].operand(item)
		return third != nil && ordered(GreaterOrEqual, first, second) && ordered(LessOrEqual, first, third)
	}
	return ordered(n.Op, first, second)
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
